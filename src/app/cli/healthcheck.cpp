#include <nlohmann/json.hpp>
#include <ostream>

#include "app/cli/command.hpp"
#include "app/exit_code.hpp"

namespace cachearr::app {
namespace {

/// "degraded: the memory tier is 80 % full" of the answer's data.
std::string health_in(const nlohmann::json& answer) {
  if (!answer.is_object() || !answer.contains("data") || !answer["data"].is_object()) return {};
  const auto& data = answer["data"];
  const auto word = [&](const char* name) {
    return data.contains(name) && data[name].is_string() ? data[name].get<std::string>() : "";
  };
  const auto message = word("message");
  return word("status") + (message.empty() ? "" : ": " + message);
}

int healthcheck(const Invocation& invocation) {
  AdminRequest request;
  request.target = "/health/cache";
  request.timeout = Duration{5000};
  const auto answer = ask_instance(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  const auto data = nlohmann::json::parse(answer->body, nullptr, false);
  const auto health = health_in(data);
  // Degraded still serves; restarting a container would lose the memory tier for nothing.
  const bool serves = answer->status == 200;
  if (invocation.json && !data.is_discarded()) {
    invocation.env.out << data.dump(2) << '\n';
  } else if (serves) {
    invocation.env.out << (health.empty() ? "healthy" : health) << '\n';
  } else {
    return fail(invocation, health.empty() ? reason_of(*answer) : health);
  }
  return serves ? exit_ok : exit_no;
}

}  // namespace

void add_healthcheck(const Command& program, Invocation& invocation) {
  const auto command = program.command("healthcheck", "Exit 0 where the running instance is healthy");
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.on_parsed(
      [&invocation] { invocation.run = on_instance(invocation, [&invocation] { return healthcheck(invocation); }); });
}

}  // namespace cachearr::app
