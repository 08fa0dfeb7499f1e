#include <nlohmann/json.hpp>
#include <ostream>

#include "app/cli/command.hpp"
#include "app/exit_code.hpp"

namespace cachearr::app {
namespace {

/// The problems for which the new files were refused, each on its own line.
std::string problems_in(const nlohmann::ordered_json& data) {
  std::string lines;
  if (!data.is_object() || !data.contains("problems") || !data["problems"].is_array()) return lines;
  for (const auto& each : data["problems"]) {
    if (!each.is_object()) continue;
    const Problem problem{
        {each.value("file", ""), each.value("line", std::size_t{0}), each.value("column", std::size_t{0})},
        each.value("message", "")};
    lines += to_string(problem) + "\n";
  }
  return lines;
}

void print_changes(std::ostream& out, const nlohmann::ordered_json& data) {
  const auto changes = data.is_object() ? data.find("changes") : data.end();
  if (changes == data.end() || changes->empty()) {
    out << "read again; nothing is different\n";
    return;
  }
  for (const auto& change : *changes) out << (change.is_string() ? change.get<std::string>() : change.dump()) << '\n';
}

int reload(const Invocation& invocation) {
  AdminRequest request;
  request.method = "POST";
  request.target = "/api/v1/reload";
  request.body = "{}";
  const auto answer = ask_instance(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  const auto data = nlohmann::ordered_json::parse(answer->body, nullptr, false);
  const bool taken = answer->status >= 200 && answer->status < 300;
  auto& out = invocation.env.out;
  if (invocation.json && !data.is_discarded()) {
    out << data.dump(2) << '\n';
    return taken ? exit_ok : data.contains("problems") ? exit_configuration : exit_no;
  }
  if (const auto problems = problems_in(data); !taken && !problems.empty()) {
    invocation.env.err << problems << "cachearr: the new files were refused; the old ones stay in force\n";
    return exit_configuration;
  }
  if (!taken) return fail(invocation, reason_of(*answer));
  print_changes(out, data);
  return exit_ok;
}

}  // namespace

void add_reload(const Command& program, Invocation& invocation) {
  const auto command = program.command("reload", "Have the running instance read configuration and rules again");
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.on_parsed(
      [&invocation] { invocation.run = on_instance(invocation, [&invocation] { return reload(invocation); }); });
}

}  // namespace cachearr::app
