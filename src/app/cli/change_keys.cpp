// The commands that change what is stored: set, del, expire, purge.
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "app/cli/command.hpp"
#include "app/cli/key_request.hpp"
#include "app/exit_code.hpp"
#include "base/text.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

struct SetArguments {
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

int set_key(const Invocation& invocation, const SetArguments& arguments) {
  auto value = read_value(arguments.file);
  if (!value.ok()) return fail(invocation, value.error().what);
  AdminRequest request;
  request.method = "PUT";
  request.target =
      path_of_key(arguments.key) + (arguments.ttl.empty() ? "" : "?ttl=" + text::percent_encode(arguments.ttl));
  request.content_type = arguments.content_type.empty() ? guessed_type(*value) : arguments.content_type;
  request.body = std::move(*value);
  const auto answer = ask_for_json(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  if (invocation.json) invocation.env.out << answer->dump(2) << '\n';
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
    invocation.env.out << Json{{"deleted", deleted}, {"missing", missing}}.dump(2) << '\n';
  } else {
    invocation.env.out << deleted << " deleted" << (missing > 0 ? ", " + std::to_string(missing) + " not there" : "")
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
  if (invocation.json) invocation.env.out << answer->dump(2) << '\n';
  return exit_ok;
}

struct PurgeArguments {
  std::vector<std::string> keys;
  std::string pattern, tag, upstream;
  bool all = false, soft = false, local = false;
};

int purge(const Invocation& invocation, const PurgeArguments& arguments) {
  Json body = Json::object();
  if (!arguments.keys.empty()) body["keys"] = arguments.keys;
  if (!arguments.pattern.empty()) body["pattern"] = arguments.pattern;
  if (!arguments.tag.empty()) body["tag"] = arguments.tag;
  if (!arguments.upstream.empty()) body["upstream"] = arguments.upstream;
  if (arguments.all) body["all"] = true;
  if (arguments.soft) body["soft"] = true;
  if (arguments.local) body["local"] = true;
  AdminRequest request;
  request.method = "POST";
  request.target = "/api/v1/purge";
  request.body = body.dump();
  const auto answer = ask_for_json(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  const auto purged = answer->value("purged", std::uint64_t{0});
  if (invocation.json) {
    invocation.env.out << answer->dump(2) << '\n';
  } else {
    invocation.env.out << purged << (arguments.soft ? " marked stale" : " purged") << '\n';
    if (answer->value("shared", "") == "queued")
      invocation.env.out << "the other instances hear of it once the Redis is back\n";
  }
  return exit_ok;
}

void add_set(const Command& program, Invocation& invocation) {
  const auto command = program.command("set", "Store a value under a key");
  const auto arguments = std::make_shared<SetArguments>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("key", arguments->key, "The key").required();
  command.option("file", arguments->file, "The file that holds the value; - for standard input").required();
  command
      .option("--ttl", arguments->ttl,
              "How long it lives: 300, 15m, 24h (default: as long as its type does, or for good)")
      .type_name("DURATION")
      .check(trouble_with_duration);
  command.option("--content-type", arguments->content_type, "What it is (default: told from the value)")
      .type_name("TYPE");
  command.on_parsed([&invocation, arguments] {
    invocation.run = on_instance(invocation, [&invocation, arguments] { return set_key(invocation, *arguments); });
  });
}

void add_delete(const Command& program, Invocation& invocation) {
  const auto command = program.command("del", "Delete keys");
  const auto keys = std::make_shared<std::vector<std::string>>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("keys", *keys, "The keys").required();
  command.on_parsed([&invocation, keys] {
    invocation.run = on_instance(invocation, [&invocation, keys] { return delete_keys(invocation, *keys); });
  });
}

void add_expire(const Command& program, Invocation& invocation) {
  const auto command = program.command("expire", "Give a key another time to live, from now on");
  const auto arguments = std::make_shared<SetArguments>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("key", arguments->key, "The key").required();
  command.option("ttl", arguments->ttl, "300, 15m, 24h; 0 deletes").required().check(trouble_with_duration);
  command.on_parsed([&invocation, arguments] {
    invocation.run = on_instance(
        invocation, [&invocation, arguments] { return expire_key(invocation, arguments->key, arguments->ttl); });
  });
}

void add_purge(const Command& program, Invocation& invocation) {
  const auto command = program.command("purge", "Invalidate what is stored");
  const auto arguments = std::make_shared<PurgeArguments>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  const auto which = command.option_group("which");
  which.option("--key", arguments->keys, "This key; may be repeated").one_at_a_time();
  which.option("--pattern", arguments->pattern, "Keys like this; * stands for anything");
  which.option("--tag", arguments->tag, "Everything with this tag");
  which.option("--upstream", arguments->upstream, "Everything of this upstream");
  which.flag("--all", arguments->all, "Everything");
  which.require_one_option();
  command.flag("--soft", arguments->soft, "Mark as stale instead of removing");
  command.flag("--local", arguments->local, "Here alone, whoever shares a Redis with this instance");
  command.on_parsed([&invocation, arguments] {
    invocation.run = on_instance(invocation, [&invocation, arguments] { return purge(invocation, *arguments); });
  });
}

}  // namespace

void add_changing_keys(const Command& program, Invocation& invocation) {
  add_set(program, invocation);
  add_delete(program, invocation);
  add_expire(program, invocation);
  add_purge(program, invocation);
}

}  // namespace cachearr::app
