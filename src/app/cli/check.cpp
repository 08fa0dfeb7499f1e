#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/authority_notes.hpp"
#include "app/cli/command.hpp"
#include "app/cli/rehearse.hpp"
#include "app/exit_code.hpp"
#include "app/load_rules.hpp"
#include "app/shared_tier.hpp"

namespace cachearr::app {
namespace {

void print_as_json(std::ostream& out, const Problems& problems, const std::vector<std::string>& notes) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& problem : problems) {
    list.push_back({{"file", problem.at.file},
                    {"line", problem.at.line},
                    {"column", problem.at.column},
                    {"message", problem.message}});
  }
  const nlohmann::ordered_json answer = {{"ok", problems.empty()}, {"problems", list}, {"notes", notes}};
  out << answer.dump(2) << '\n';
}

int check(const Invocation& invocation) {
  Problems problems;
  // A broken setting keeps its default, so that the rules are checked in the same go.
  const auto config = read_config(invocation.sources, problems);
  const auto rules = load_rules(config, problems);
  const auto unusable = authority_problem(config);
  if (unusable) problems.push_back({{}, *unusable});
  if (const auto secret = shared_secret(config.shared); !secret) problems.push_back({{}, secret.error().what});
  auto notes = rules && !unusable ? authority_notes(config, *rules, SystemClock{}.now()) : std::vector<std::string>{};
  for (auto& note : shared_notes(config.shared)) notes.push_back(std::move(note));
  auto& out = invocation.env.out;
  if (invocation.json) {
    print_as_json(out, problems, notes);
  } else {
    for (const auto& problem : problems) out << to_string(problem) << '\n';
    for (const auto& note : notes) out << "note: " << note << '\n';
    if (problems.empty() && rules) {
      out << (config.file.empty() ? "built-in defaults" : config.file) << ": fine, with " << rules->upstreams().size()
          << " upstreams and " << rules->rules().size() << " rules\n";
    }
  }
  return problems.empty() ? exit_ok : exit_configuration;
}

}  // namespace

void add_check(const Command& program, Invocation& invocation) {
  const auto command = program.command("check", "Validate configuration and rules; name every problem and its place");
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  const auto drafts = std::make_shared<std::vector<std::string>>();
  command
      .option(
          "--rehearse", *drafts,
          "Say what these rules files, in place of those of their names, would have made of the last requests of the "
          "running instance")
      .type_name("FILE");
  command.on_parsed([&invocation, drafts] {
    invocation.run = [&invocation, drafts] {
      return drafts->empty() ? check(invocation) : rehearse(invocation, *drafts);
    };
  });
}

}  // namespace cachearr::app
