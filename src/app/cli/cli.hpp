// The command line: describes every command, reads the arguments, runs the command that they name. Main thread.
#pragma once

#include "app/cli/command.hpp"

namespace cachearr::app {

/// Gives the exit code of the program (app/exit_code.hpp).
int run_command_line(int count, const char* const* arguments, CliEnv& env);
/// Every command and option there is, for what tells of them elsewhere.
CommandShape program_shape(CliEnv& env);

}  // namespace cachearr::app
