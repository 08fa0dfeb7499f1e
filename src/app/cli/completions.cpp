#include <memory>
#include <ostream>

#include "app/cli/command.hpp"
#include "app/cli/completion_script.hpp"
#include "app/exit_code.hpp"

namespace cachearr::app {
namespace {

std::string completion_of(const std::string& shell, const CommandShape& program) {
  if (shell == "bash") return bash_completion(program);
  return shell == "zsh" ? zsh_completion(program) : fish_completion(program);
}

}  // namespace

void add_completions(const Command& program, Invocation& invocation) {
  const auto command = program.command("completions", "Print a script that teaches a shell to complete these commands");
  const auto shell = std::make_shared<std::string>();
  add_config_option(command, invocation);
  command.option("shell", *shell, "bash, zsh or fish").required().one_of({"bash", "zsh", "fish"});
  command.on_parsed([program, shell, &invocation] {
    // The parser is gone when the command runs.
    const auto text = completion_of(*shell, program.shape());
    invocation.run = [text, &invocation] {
      invocation.env.out << text;
      return exit_ok;
    };
  });
}

}  // namespace cachearr::app
