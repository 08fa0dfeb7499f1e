// The commands that read keys: keys, get, mget, ttl, exists.
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "app/cli/command.hpp"
#include "app/cli/key_request.hpp"
#include "app/exit_code.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

struct ListArguments {
  std::string pattern, sort, tag, upstream, type;
  std::size_t limit = 0;  // 0: all
};

constexpr std::size_t page_size = 500;

std::string target_of(const ListArguments& arguments, std::size_t limit, const std::string& cursor) {
  auto target = "/api/v1/keys?limit=" + std::to_string(limit);
  const auto add = [&target](const char* name, const std::string& value) {
    if (!value.empty()) target += std::string{"&"} + name + "=" + text::percent_encode(value);
  };
  add("pattern", arguments.pattern);
  add("sort", arguments.sort);
  add("tag", arguments.tag);
  add("upstream", arguments.upstream);
  add("type", arguments.type);
  add("cursor", cursor);
  return target;
}

/// "86123 s", "-" for a key that does not end.
std::string shown_ttl(const Json& ttl) { return ttl == -1 ? "-" : ttl.dump() + " s"; }

/// A key is shown on one line, whatever it holds.
std::string one_line(const std::string& text) {
  std::string line;
  for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return line;
}

void print_key(std::ostream& out, const Json& key) {
  out << one_line(key.value("key", "")) << "  " << format_size(key.value("size", std::uint64_t{0})) << "  ttl "
      << shown_ttl(key.value("ttl", Json(-1))) << "  hits " << key.value("hits", 0) << '\n';
}

int list_keys(const Invocation& invocation, const ListArguments& arguments) {
  auto& out = invocation.env.out;
  Json all = Json::array();
  std::string cursor;
  for (std::size_t listed = 0; arguments.limit == 0 || listed < arguments.limit;) {
    AdminRequest request;
    request.target =
        target_of(arguments, arguments.limit == 0 ? page_size : std::min(page_size, arguments.limit - listed), cursor);
    const auto page = ask_for_json(invocation, request);
    if (!page.ok()) return fail(invocation, page.error().what);
    for (const auto& key : (*page)["keys"]) {
      ++listed;
      if (invocation.json) {
        all.push_back(key);
      } else {
        print_key(out, key);
      }
    }
    const auto next = page->find("cursor");
    if (next == page->end() || !next->is_string()) break;
    cursor = next->get<std::string>();
  }
  if (invocation.json) out << all.dump(2) << '\n';
  return exit_ok;
}

int get_key(const Invocation& invocation, const std::string& key) {
  AdminRequest request;
  request.target = path_of_key(key) + (invocation.json ? "?meta=1" : "");
  const auto answer = ask_instance(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  if (answer->status != 200) return fail(invocation, reason_of(*answer));
  invocation.env.out << answer->body << (invocation.json ? "\n" : "");
  return exit_ok;
}

int get_keys(const Invocation& invocation, const std::vector<std::string>& keys) {
  AdminRequest request;
  request.method = "POST";
  request.target = "/api/v1/keys/mget";
  request.body = Json{{"keys", keys}}.dump();
  const auto answer = ask_for_json(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  invocation.env.out << (*answer)["values"].dump(2) << '\n';
  return exit_ok;
}

/// As the API says it: -2 no such key, -1 no end. None: there is no answer, which was told already.
std::optional<std::int64_t> ttl_of(const Invocation& invocation, const std::string& key) {
  AdminRequest request;
  request.target = path_of_key(key) + "/ttl";
  const auto answer = ask_for_json(invocation, request);
  if (answer.ok()) return answer->value("ttl", std::int64_t{-2});
  fail(invocation, answer.error().what);
  return std::nullopt;
}

int show_ttl(const Invocation& invocation, const std::string& key) {
  const auto ttl = ttl_of(invocation, key);
  if (!ttl) return exit_no;
  if (invocation.json) {
    invocation.env.out << Json{{"ttl", *ttl}}.dump(2) << '\n';
  } else {
    invocation.env.out << *ttl << '\n';
  }
  return *ttl == -2 ? exit_no : exit_ok;
}

int exists(const Invocation& invocation, const std::string& key) {
  const auto ttl = ttl_of(invocation, key);
  if (!ttl) return exit_no;
  if (invocation.json) invocation.env.out << Json{{"exists", *ttl != -2}}.dump(2) << '\n';
  return *ttl != -2 ? exit_ok : exit_no;
}

/// A command with one KEY.
void add_key_command(const Command& program, Invocation& invocation, const char* name, const char* what,
                     int (*run)(const Invocation&, const std::string&)) {
  const auto command = program.command(name, what);
  const auto key = std::make_shared<std::string>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("key", *key, "The key").required();
  command.on_parsed([&invocation, key, run] {
    invocation.run = on_instance(invocation, [&invocation, key, run] { return run(invocation, *key); });
  });
}

void add_list(const Command& program, Invocation& invocation) {
  const auto command = program.command("keys", "List what is stored");
  const auto arguments = std::make_shared<ListArguments>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("pattern", arguments->pattern, "Only keys like this; * stands for anything");
  command.option("--sort", arguments->sort, "hits, ttl or size").one_of({"hits", "ttl", "size"});
  command.option("--tag", arguments->tag, "Only keys with this tag");
  command.option("--upstream", arguments->upstream, "Only keys of this upstream");
  command.option("--type", arguments->type, "Only keys of this type");
  command.option("--limit", arguments->limit, "At most so many").type_name("N").check(trouble_with_number);
  command.on_parsed([&invocation, arguments] {
    invocation.run = on_instance(invocation, [&invocation, arguments] { return list_keys(invocation, *arguments); });
  });
}

void add_get_several(const Command& program, Invocation& invocation) {
  const auto command = program.command("mget", "Print the values of several keys as JSON, null for a missing one");
  const auto keys = std::make_shared<std::vector<std::string>>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("keys", *keys, "The keys").required();
  command.on_parsed([&invocation, keys] {
    invocation.run = on_instance(invocation, [&invocation, keys] { return get_keys(invocation, *keys); });
  });
}

}  // namespace

void add_reading_keys(const Command& program, Invocation& invocation) {
  add_list(program, invocation);
  add_key_command(program, invocation, "get", "Print the value of a key (with --json: data about it)", get_key);
  add_get_several(program, invocation);
  add_key_command(program, invocation, "ttl",
                  "Print how long a key lives in seconds; -1: it does not end, -2: there is none", show_ttl);
  add_key_command(program, invocation, "exists", "Exit 0 where there is such a key", exists);
}

}  // namespace cachearr::app
