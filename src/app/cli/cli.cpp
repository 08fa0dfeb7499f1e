#include "app/cli/cli.hpp"

#include "app/cli/version.hpp"
#include "app/exit_code.hpp"

namespace cachearr::app {
namespace {

constexpr const char* footer =
    "Exit codes: 0 fine, 1 the answer is no or a request failed, 2 wrong usage,\n"
    "69 could not start (port in use, store locked), 78 invalid configuration or rules.";

void describe(const Command& program, Invocation& invocation) {
  add_config_option(program, invocation);
  add_serve_options(program, invocation);
  for (const auto add :
       {add_serve,         add_check,     add_explain,   add_reload, add_healthcheck, add_ca,       add_reading_keys,
        add_changing_keys, add_dashboard, add_upstreams, add_stats,  add_top,         add_requests, add_alerts,
        add_warm,          add_jobs,      add_shared,    add_backup, add_doctor,      add_try,      add_completions})
    add(program, invocation);
}

ParserText parser_text() {
  return {"cachearr", "A caching proxy between media managers and the services they ask", footer, version_text()};
}

}  // namespace

CommandShape program_shape(CliEnv& env) {
  Invocation invocation{env, {}, false, {}, {}};
  return shape_of_program(parser_text(), [&invocation](const Command& program) { describe(program, invocation); });
}

int run_command_line(int count, const char* const* arguments, CliEnv& env) {
  Invocation invocation{env, {}, false, {}, {}};
  invocation.sources.environment = env.environment;
  const auto describe_all = [&invocation](const Command& program) { describe(program, invocation); };
  const auto ended = parse_command_line(count, arguments, parser_text(), describe_all, env.out, env.err);
  if (ended) return *ended;
  if (invocation.run) return invocation.run();
  return env.serve(ServeOptions{invocation.sources});
}

}  // namespace cachearr::app
