#include "app/cli.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "app/exit_code.hpp"
#include "app/version.hpp"

namespace cachearr::app {
namespace {

constexpr const char* footer =
    "Exit codes: 0 fine, 1 the answer is no or a request failed, 2 wrong usage,\n"
    "69 could not start (port in use, store locked), 78 invalid configuration or rules.";

void describe(CLI::App& program, Invocation& invocation) {
  program.name("cachearr");
  program.footer(footer);
  program.require_subcommand(0, 1);
  program.set_version_flag("--version", version_text(), "Print the version and those of the libraries");
  add_config_option(program, invocation);
  add_serve_options(program, invocation);
  for (const auto add :
       {add_serve, add_check, add_explain, add_reload, add_healthcheck, add_ca, add_reading_keys, add_changing_keys})
    add(program, invocation);
}

}  // namespace

int run_command_line(int count, const char* const* arguments, Shell& shell) {
  Invocation invocation{shell, {}, false, {}};
  invocation.sources.environment = shell.environment;
  CLI::App program{"A caching proxy between media managers and the services they ask"};
  describe(program, invocation);
  try {
    program.parse(count, arguments);
  } catch (const CLI::ParseError& outcome) {
    // Help and version come this way too, with exit code 0.
    return program.exit(outcome, shell.out, shell.err) == 0 ? exit_ok : exit_usage;
  }
  if (invocation.run) return invocation.run();
  return shell.serve(ServeOptions{invocation.sources});
}

}  // namespace cachearr::app
