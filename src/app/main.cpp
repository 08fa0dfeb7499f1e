// The program. Everything else stands in the modules.
#include <exception>
#include <iostream>
#include <unistd.h>

#include "app/cli/cli.hpp"
#include "app/exit_code.hpp"

int main(int count, char** arguments) {
  using namespace cachearr::app;
  try {
    CliEnv env{process_environment(), std::cout, std::cerr, run_server, ::isatty(STDOUT_FILENO) == 1};
    return run_command_line(count, arguments, env);
  } catch (const std::exception& error) {
    std::cerr << "cachearr: " << error.what() << '\n';
    return exit_no;
  }
}
