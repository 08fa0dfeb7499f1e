#include <nlohmann/json.hpp>
#include <ostream>

#include "app/cli/command.hpp"
#include "app/cli/key_request.hpp"
#include "app/exit_code.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

void print_alert(std::ostream& out, const Json& alert) {
  const auto subject = alert.value("subject", "");
  out << alert.value("severity", "") << "  " << alert.value("id", "") << (subject.empty() ? "" : " (" + subject + ")")
      << "  since " << alert.value("since", "");
  if (alert.contains("resolved") && alert["resolved"].is_string())
    out << " until " << alert["resolved"].get<std::string>();
  out << "\n  " << alert.value("message", "") << '\n';
}

int show_alerts(const Invocation& invocation) {
  AdminRequest request;
  request.target = "/api/v1/alerts";
  const auto answer = ask_for_json(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  auto& out = invocation.env.out;
  if (invocation.json) return out << answer->dump(2) << '\n', exit_ok;
  const auto firing = answer->value("firing", Json::array()), recent = answer->value("recent", Json::array());
  if (firing.empty()) out << "no alert is firing\n";
  for (const auto& alert : firing) {
    print_alert(out, alert);
    out << "  " << alert.value("advice", "") << '\n';
  }
  if (!recent.empty()) out << "\nresolved:\n";
  for (const auto& alert : recent) print_alert(out, alert);
  return exit_ok;
}

}  // namespace

void add_alerts(const Command& program, Invocation& invocation) {
  const auto command =
      program.command("alerts", "Print what is wrong, since when, and what to do; and what was lately");
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.on_parsed(
      [&invocation] { invocation.run = on_instance(invocation, [&invocation] { return show_alerts(invocation); }); });
}

}  // namespace cachearr::app
