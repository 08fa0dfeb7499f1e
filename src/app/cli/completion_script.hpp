// Scripts that teach a shell to complete the program's commands, made from the shape that its own parser has: a command
// or an option that is added is completed at once. Pure; any thread.
#pragma once

#include <string>

#include "app/cli/command_parser.hpp"

namespace cachearr::app {

std::string bash_completion(const CommandShape& program);
std::string zsh_completion(const CommandShape& program);
std::string fish_completion(const CommandShape& program);

}  // namespace cachearr::app
