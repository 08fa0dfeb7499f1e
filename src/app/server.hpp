// The running program: everything wired together, from reading the configuration to the last flush.
//
// Owner: main(). Call run_server() once, from the main thread; it comes back when the program is to end.
#pragma once

#include "app/config/load_config.hpp"

namespace cachearr::app {

struct ServeOptions {
  ConfigSources sources;  // read again at each reload
};

/// Serves until SIGTERM or SIGINT. Gives the exit code of the program (app/exit_code.hpp).
int run_server(const ServeOptions& options);

}  // namespace cachearr::app
