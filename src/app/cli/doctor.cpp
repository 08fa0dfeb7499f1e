// The command that looks at an installation as a support person would: doctor.
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/cli/command.hpp"
#include "app/doctor/findings.hpp"
#include "app/doctor/gather.hpp"
#include "app/exit_code.hpp"
#include "app/state_files.hpp"

namespace cachearr::app {
namespace {

using doctor::Finding;
using doctor::Level;

constexpr Duration kPatience{3'000};  // with an instance that may hang

struct DoctorArguments {
  bool offline = false, all = false;
};

nlohmann::ordered_json json_of(const std::vector<Finding>& findings) {
  auto list = nlohmann::ordered_json::array();
  const auto or_null = [](const std::string& text) {
    return text.empty() ? nlohmann::ordered_json{} : nlohmann::ordered_json(text);
  };
  for (const auto& each : findings)
    list.push_back({{"id", each.id},
                    {"level", name_of(each.level)},
                    {"what", each.what},
                    {"why", or_null(each.why)},
                    {"advice", or_null(each.advice)}});
  return {{"level", name_of(worst_of(findings))}, {"findings", std::move(list)}};
}

const char* colour_of(Level level) {
  switch (level) {
    case Level::error: return "\x1b[31m";
    case Level::warning: return "\x1b[33m";
    case Level::notice: return "\x1b[36m";
    case Level::ok: break;
  }
  return "\x1b[32m";
}

void print_finding(const Invocation& invocation, const Finding& finding) {
  auto& out = invocation.env.out;
  std::string label{name_of(finding.level)};
  label.resize(8, ' ');
  out << (invocation.env.shows_colours() ? colour_of(finding.level) + label + "\x1b[0m" : label) << finding.what
      << '\n';
  if (!finding.why.empty()) out << "        why: " << finding.why << '\n';
  if (!finding.advice.empty()) out << "        do:  " << finding.advice << '\n';
}

int examine(const Invocation& invocation, const DoctorArguments& arguments) {
  doctor::GatherOptions options{invocation.sources, arguments.offline, arguments.all, {}};
  options.ask = [&invocation](const std::string& target) -> Result<std::string> {
    AdminRequest request;
    request.target = target;
    request.timeout = kPatience;
    auto answer = ask_instance(invocation, request);
    if (!answer.ok()) return answer.error();
    if (answer->status != 200) return Error{reason_of(*answer)};
    return std::move(answer->body);
  };
  const auto facts = doctor::gather(options);
  const auto findings = findings_of(facts);
  if (invocation.json) {
    invocation.env.out << json_of(findings).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                       << '\n';
  } else {
    for (const auto& finding : findings) print_finding(invocation, finding);
  }
  if (!facts.problems.empty()) return exit_configuration;
  return worst_of(findings) >= Level::warning ? exit_no : exit_ok;
}

}  // namespace

void add_doctor(const Command& program, Invocation& invocation) {
  const auto command = program.command("doctor", "Look at the installation as a whole, and say what to do");
  const auto arguments = std::make_shared<DoctorArguments>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.flag("--offline", arguments->offline, "Ask no upstream");
  command.flag("--all", arguments->all, "Ask also the upstreams that nobody has used, once each");
  command.on_parsed([&invocation, arguments] {
    invocation.run = [&invocation, arguments] { return examine(invocation, *arguments); };
  });
}

}  // namespace cachearr::app
