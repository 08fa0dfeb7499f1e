// The commands that change what is stored: set, del, expire, purge.
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "app/command.hpp"
#include "app/exit_code.hpp"
#include "app/key_request.hpp"
#include "base/text.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

struct NewValue {
  std::string key, file, ttl, content_type;
};

Result<std::string> read_value(const std::string& file) {
  if (file == "-") return std::string{std::istreambuf_iterator<char>{std::cin}, {}};
  std::ifstream in{file, std::ios::binary};
  if (!in) return Error{"cannot read " + file};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

/// What a value most likely is, where nobody said it.
std::string guessed_type(const std::string& value) {
  if (Json::accept(value)) return "application/json";
  return text::is_utf8(value) ? "text/plain; charset=utf-8" : "application/octet-stream";
}

int set_key(const Invocation& invocation, const NewValue& wish) {
  auto value = read_value(wish.file);
  if (!value.ok()) return fail(invocation, value.error().what);
  AdminRequest request;
  request.method = "PUT";
  request.target = path_of_key(wish.key) + (wish.ttl.empty() ? "" : "?ttl=" + text::percent_encode(wish.ttl));
  request.content_type = wish.content_type.empty() ? guessed_type(*value) : wish.content_type;
  request.body = std::move(*value);
  const auto answer = ask_for_json(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  if (invocation.json) invocation.shell.out << answer->dump(2) << '\n';
  return exit_ok;
}

/// Deletes each; no is the answer where one was not there.
int delete_keys(const Invocation& invocation, const std::vector<std::string>& keys) {
  int deleted = 0, missing = 0;
  for (const auto& key : keys) {
    AdminRequest request;
    request.method = "DELETE";
    request.target = path_of_key(key);
    const auto answer = ask_instance(invocation, request);
    if (!answer.ok()) return fail(invocation, answer.error().what);
    if (answer->status != 200 && answer->status != 404) return fail(invocation, reason_of(*answer));
    (answer->status == 200 ? deleted : missing) += 1;
  }
  if (invocation.json) {
    invocation.shell.out << Json{{"deleted", deleted}, {"missing", missing}}.dump(2) << '\n';
  } else {
    invocation.shell.out << deleted << " deleted" << (missing > 0 ? ", " + std::to_string(missing) + " not there" : "")
                         << '\n';
  }
  return missing == 0 ? exit_ok : exit_no;
}

int expire_key(const Invocation& invocation, const std::string& key, const std::string& ttl) {
  AdminRequest request;
  request.method = "POST";
  request.target = path_of_key(key) + "/expire";
  request.body = Json{{"ttl", ttl}}.dump();
  const auto answer = ask_for_json(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  if (invocation.json) invocation.shell.out << answer->dump(2) << '\n';
  return exit_ok;
}

struct PurgeWish {
  std::vector<std::string> keys;
  std::string pattern, tag, upstream;
  bool all = false, soft = false;
};

int purge(const Invocation& invocation, const PurgeWish& wish) {
  Json body = Json::object();
  if (!wish.keys.empty()) body["keys"] = wish.keys;
  if (!wish.pattern.empty()) body["pattern"] = wish.pattern;
  if (!wish.tag.empty()) body["tag"] = wish.tag;
  if (!wish.upstream.empty()) body["upstream"] = wish.upstream;
  if (wish.all) body["all"] = true;
  if (wish.soft) body["soft"] = true;
  AdminRequest request;
  request.method = "POST";
  request.target = "/api/v1/purge";
  request.body = body.dump();
  const auto answer = ask_for_json(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  const auto purged = answer->value("purged", std::uint64_t{0});
  if (invocation.json) {
    invocation.shell.out << answer->dump(2) << '\n';
  } else {
    invocation.shell.out << purged << (wish.soft ? " marked stale" : " purged") << '\n';
  }
  return exit_ok;
}

void add_set(const Command& program, Invocation& invocation) {
  const auto command = program.command("set", "Store a value under a key");
  const auto wish = std::make_shared<NewValue>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("key", wish->key, "The key").required();
  command.option("file", wish->file, "The file that holds the value; - for standard input").required();
  command
      .option("--ttl", wish->ttl, "How long it lives: 300, 15m, 24h (default: as long as its type does, or for good)")
      .type_name("DURATION");
  command.option("--content-type", wish->content_type, "What it is (default: told from the value)").type_name("TYPE");
  command.on_parsed(
      [&invocation, wish] { invocation.run = [&invocation, wish] { return set_key(invocation, *wish); }; });
}

void add_delete(const Command& program, Invocation& invocation) {
  const auto command = program.command("del", "Delete keys");
  const auto keys = std::make_shared<std::vector<std::string>>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("keys", *keys, "The keys").required();
  command.on_parsed(
      [&invocation, keys] { invocation.run = [&invocation, keys] { return delete_keys(invocation, *keys); }; });
}

void add_expire(const Command& program, Invocation& invocation) {
  const auto command = program.command("expire", "Give a key another time to live, from now on");
  const auto wish = std::make_shared<NewValue>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("key", wish->key, "The key").required();
  command.option("ttl", wish->ttl, "300, 15m, 24h; 0 deletes").required();
  command.on_parsed([&invocation, wish] {
    invocation.run = [&invocation, wish] { return expire_key(invocation, wish->key, wish->ttl); };
  });
}

void add_purge(const Command& program, Invocation& invocation) {
  const auto command = program.command("purge", "Invalidate what is stored");
  const auto wish = std::make_shared<PurgeWish>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  const auto which = command.option_group("which");
  which.option("--key", wish->keys, "This key; may be repeated").one_at_a_time();
  which.option("--pattern", wish->pattern, "Keys like this; * stands for anything");
  which.option("--tag", wish->tag, "Everything with this tag");
  which.option("--upstream", wish->upstream, "Everything of this upstream");
  which.flag("--all", wish->all, "Everything");
  which.require_one_option();
  command.flag("--soft", wish->soft, "Mark as stale instead of removing");
  command.on_parsed([&invocation, wish] { invocation.run = [&invocation, wish] { return purge(invocation, *wish); }; });
}

}  // namespace

void add_changing_keys(const Command& program, Invocation& invocation) {
  add_set(program, invocation);
  add_delete(program, invocation);
  add_expire(program, invocation);
  add_purge(program, invocation);
}

}  // namespace cachearr::app
