// The program. Everything else stands in the rooms.
#include <exception>
#include <iostream>

#include "app/cli.hpp"
#include "app/exit_code.hpp"

int main(int count, char** arguments) {
  using namespace cachearr::app;
  try {
    Shell shell{process_environment(), std::cout, std::cerr, run_server};
    return run_command_line(count, arguments, shell);
  } catch (const std::exception& error) {
    std::cerr << "cachearr: " << error.what() << '\n';
    return exit_no;
  }
}
