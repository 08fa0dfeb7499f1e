#include <nlohmann/json.hpp>
#include <ostream>

#include "app/cli/command.hpp"
#include "app/config/setting_values.hpp"
#include "app/exit_code.hpp"

namespace cachearr::app {
namespace {

/// "http://127.0.0.1:9798"; one that listens on every address is reached from this machine by its name.
std::string page_address(const std::string& listener) {
  const auto parts = split_host_port(listener);
  const bool everywhere = !parts || parts->host.empty() || parts->host == "0.0.0.0" || parts->host == "::";
  return "http://" + (everywhere ? "localhost" + listener.substr(listener.rfind(':')) : listener);
}

int dashboard(const Invocation& invocation) {
  const auto& config = configuration_of(invocation).config;
  if (config.admin.address.empty()) return fail(invocation, "admin.address is null, so that there is no page");
  AdminRequest request;
  request.method = "POST";
  request.target = "/api/v1/login/link";
  request.body = "{}";
  const auto answer = ask_instance(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  const auto data = nlohmann::ordered_json::parse(answer->body, nullptr, false);
  if (answer->status != 200 || !data.is_object()) return fail(invocation, reason_of(*answer));
  const auto url = page_address(config.admin.address) + data.value("path", "/");
  auto& out = invocation.env.out;
  if (invocation.json) {
    out << nlohmann::ordered_json{{"url", url}, {"expiresIn", data.value("expiresIn", 0)}}.dump(2) << '\n';
  } else {
    out << url << '\n';
    invocation.env.err << "Valid once, for ten minutes.\n";
  }
  return exit_ok;
}

}  // namespace

void add_dashboard(const Command& program, Invocation& invocation) {
  const auto command = program.command("dashboard", "Print a link to the page for people that logs in once");
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.on_parsed(
      [&invocation] { invocation.run = on_instance(invocation, [&invocation] { return dashboard(invocation); }); });
}

}  // namespace cachearr::app
