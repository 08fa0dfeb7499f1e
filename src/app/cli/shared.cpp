// The commands about what several instances share: status, members, and the secret that they have in common.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cli/command.hpp"
#include "app/cli/key_request.hpp"
#include "app/config/load_config.hpp"
#include "app/config/setting_values.hpp"
#include "app/exit_code.hpp"
#include "shared/sealer.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kSecretSize = 32, kShortestShared = 32;

Result<Json> ask_for_shared(const Invocation& invocation) {
  AdminRequest request;
  request.target = "/api/v1/shared";
  return ask_for_json(invocation, request);
}

int show_status(const Invocation& invocation) {
  const auto answer = ask_for_shared(invocation);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  if (invocation.json) {
    invocation.env.out << answer->dump(2) << '\n';
  } else {
    auto plain = *answer;
    plain["members"] = answer->at("members").size();
    print_plain(invocation.env.out, plain);
  }
  const auto state = answer->value("state", "");
  return state == "ready" ? exit_ok : exit_no;
}

void print_member(std::ostream& out, const Json& member) {
  out << member.value("name", "") << (member.value("self", false) ? " (this one)" : "") << "  "
      << member.value("address", "") << "  " << member.value("version", "") << "  rules " << member.value("rules", "")
      << "  seen " << member.value("seen", "") << '\n';
}

int show_members(const Invocation& invocation) {
  const auto answer = ask_for_shared(invocation);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  const auto members = answer->value("members", Json::array());
  if (invocation.json) return invocation.env.out << members.dump(2) << '\n', exit_ok;
  if (members.empty()) invocation.env.out << "nobody: nothing is shared, or the Redis is away\n";
  for (const auto& member : members) print_member(invocation.env.out, member);
  return exit_ok;
}

int start_sweep(const Invocation& invocation) {
  AdminRequest request;
  request.method = "POST";
  request.target = "/api/v1/shared/sweep";
  const auto answer = ask_for_json(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  invocation.env.out << "started; \"cachearr shared status\" tells what it has removed\n";
  return exit_ok;
}

std::string new_secret() {
  const auto bytes = shared::random_bytes(kSecretSize);
  std::string hex;
  for (const char byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto value = static_cast<unsigned char>(byte);
    hex += digits[value >> 4U];
    hex += digits[value & 15U];
  }
  return hex;
}

struct SecretPlace {
  std::string file, state_dir;
};

/// Where the configuration wants it; the error says what is missing.
Result<SecretPlace> configured_place(const Invocation& invocation) {
  Problems problems;
  const auto config = load_config(invocation.sources, problems);
  if (!config) return Error{problems.empty() ? "the configuration cannot be read" : to_string(problems.front())};
  if (config->shared.secret_file.empty())
    return Error{"the configuration names no file for it: set \"shared\": { \"secret_file\": \"" + config->state_dir +
                 "/shared.secret\" }"};
  return SecretPlace{config->shared.secret_file, config->state_dir};
}

/// What root makes is for the user that the program runs as: who owns its state.
bool give_to_owner(int handle, const std::string& state_dir) {
  struct stat state {};
  if (::geteuid() != 0 || ::stat(state_dir.c_str(), &state) != 0) return true;
  return ::fchown(handle, state.st_uid, state.st_gid) == 0;
}

/// Only the user that the program runs as may read it; what is there stays.
int keep_secret(const Invocation& invocation, const std::string& secret) {
  const auto place = configured_place(invocation);
  if (!place) return fail(invocation, place.error().what);
  const auto& file = place->file;
  const int handle = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (handle < 0) return fail(invocation, "cannot make " + file + ": " + std::strerror(errno));
  const auto text = secret + "\n";
  const bool written = ::write(handle, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       give_to_owner(handle, place->state_dir);
  ::close(handle);
  if (!written) {
    ::unlink(file.c_str());
    return fail(invocation, "cannot write " + file);
  }
  invocation.env.out << "kept in " << file << "; restart the instance\n";
  return exit_ok;
}

int show_secret(const Invocation& invocation) {
  Problems problems;
  const auto config = load_config(invocation.sources, problems);
  if (!config) return fail(invocation, problems.empty() ? "no configuration" : to_string(problems.front()));
  const auto& named = config->shared.secret_file;
  // Without one, that of this instance: who takes it over keeps the cache of this one.
  const auto file = named.empty() ? config->state_dir + "/secret" : named;
  const auto secret = content_of_file(file);
  if (!secret) return fail(invocation, "cannot read " + file);
  invocation.env.out << *secret << '\n';
  return exit_ok;
}

int import_secret(const Invocation& invocation, const std::string& from) {
  const auto secret = content_of_file(from == "-" ? "/dev/stdin" : from);
  if (!secret) return fail(invocation, "cannot read " + from);
  if (secret->size() < kShortestShared) return fail(invocation, from + " holds fewer than 32 bytes");
  return keep_secret(invocation, *secret);
}

void add_secret(const Command& shared, Invocation& invocation) {
  const auto secret = shared.command("secret", "The secret that all instances have in common");
  secret.require_command();
  add_config_option(secret, invocation);
  const auto make = secret.command("make", "Make a new one, where shared.secret_file says");
  add_config_option(make, invocation);
  make.on_parsed([&invocation] { invocation.run = [&invocation] { return keep_secret(invocation, new_secret()); }; });
  const auto show = secret.command("show", "Print this instance's, for the others to import");
  add_config_option(show, invocation);
  show.on_parsed([&invocation] { invocation.run = [&invocation] { return show_secret(invocation); }; });
  const auto take_over = secret.command("import", "Keep another instance's, where shared.secret_file says");
  add_config_option(take_over, invocation);
  const auto from = std::make_shared<std::string>();
  take_over.option("file", *from, "Where it is; - for standard input").required();
  take_over.on_parsed(
      [&invocation, from] { invocation.run = [&invocation, from] { return import_secret(invocation, *from); }; });
}

}  // namespace

void add_shared(const Command& program, Invocation& invocation) {
  const auto shared = program.command("shared", "What several instances share by a Redis");
  shared.require_command();
  add_config_option(shared, invocation);
  const auto status = shared.command("status", "How the Redis is, and what it was good for");
  add_config_option(status, invocation);
  add_json_option(status, invocation);
  status.on_parsed(
      [&invocation] { invocation.run = on_instance(invocation, [&invocation] { return show_status(invocation); }); });
  const auto members = shared.command("members", "Who the instances are");
  add_config_option(members, invocation);
  add_json_option(members, invocation);
  members.on_parsed(
      [&invocation] { invocation.run = on_instance(invocation, [&invocation] { return show_members(invocation); }); });
  const auto sweep =
      shared.command("sweep", "Remove from the Redis what was invalidated, without waiting for the next time");
  add_config_option(sweep, invocation);
  sweep.on_parsed(
      [&invocation] { invocation.run = on_instance(invocation, [&invocation] { return start_sweep(invocation); }); });
  add_secret(shared, invocation);
}

}  // namespace cachearr::app
