#include "app/cli/command.hpp"

namespace cachearr::app {

void add_serve_options(const Command& command, Invocation& invocation) {
  auto& sources = invocation.sources;
  command.option("--listen", sources.listen, "Listen here instead of the configured listeners; may be repeated")
      .type_name("ADDRESS:PORT");
  command.option("--log-level", sources.log_level, "trace, debug, info, warning, error or off").type_name("LEVEL");
  command
      .option("--resolve", sources.resolve,
              "Connect to ADDRESS when HOST:PORT is asked for, as curl does; may be repeated")
      .type_name("HOST:PORT:ADDRESS[:PORT]");
}

void add_serve(const Command& program, Invocation& invocation) {
  const auto command = program.command("serve", "Run the proxy in the foreground (also without any command)");
  add_config_option(command, invocation);
  add_serve_options(command, invocation);
  command.on_parsed([&invocation] {
    invocation.run = [&invocation] { return invocation.env.serve(ServeOptions{invocation.sources}); };
  });
}

}  // namespace cachearr::app
