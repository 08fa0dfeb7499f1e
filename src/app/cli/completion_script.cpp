#include "app/cli/completion_script.hpp"

#include <algorithm>

namespace cachearr::app {
namespace {

/// A command with the words that lead to it: "ca init", "" for the program itself.
struct CommandAt {
  std::string path;
  const CommandShape* command;
};

void collect(const CommandShape& command, const std::string& path, std::vector<CommandAt>& places) {
  places.push_back({path, &command});
  for (const auto& below : command.commands)
    collect(below, path.empty() ? below.name : path + " " + below.name, places);
}

std::vector<CommandAt> places_of(const CommandShape& program) {
  std::vector<CommandAt> places;
  collect(program, "", places);
  return places;
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::string replaced(std::string text, char what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, 1, with);
  return text;
}

/// In single quotes of a POSIX shell.
std::string quoted(const std::string& text) { return "'" + replaced(text, '\'', R"('\'')") + "'"; }

bool is_flag(const OptionShape& option) { return option.value.empty(); }

// bash ---------------------------------------------------------------------------------------------------------------

/// The words that lead from one place to the next, as patterns of a `case`.
std::string bash_walk(const std::vector<CommandAt>& places) {
  std::string lines;
  for (const auto& place : places) {
    if (place.path.empty()) continue;
    const auto blank = place.path.rfind(' ');
    const auto before = blank == std::string::npos ? " " : place.path.substr(0, blank + 1);
    lines += "      " + quoted(before + place.command->name) + ") at=" + quoted(place.path) + " ;;\n";
  }
  return lines;
}

/// What follows an option that takes a value.
std::string bash_values(const std::vector<CommandAt>& places) {
  std::string lines;
  for (const auto& place : places) {
    for (const auto& option : place.command->options) {
      if (option.positional || is_flag(option)) continue;
      std::vector<std::string> patterns;
      for (const auto& name : option.names) patterns.push_back(quoted(place.path + " " + name));
      lines +=
          "    " + joined(patterns, " | ") + ") " +
          (option.takes_file() ? "compopt -o default"
                               : "COMPREPLY=($(compgen -W " + quoted(joined(option.choices, " ")) + " -- \"$cur\"))") +
          "; return ;;\n";
    }
  }
  return lines;
}

std::string bash_words(const std::vector<CommandAt>& places) {
  std::string lines;
  for (const auto& place : places) {
    std::vector<std::string> words;
    bool files = false;
    for (const auto& below : place.command->commands) words.push_back(below.name);
    for (const auto& option : place.command->options) {
      const auto& more = option.positional ? option.choices : option.names;
      words.insert(words.end(), more.begin(), more.end());
      files = files || (option.positional && option.takes_file());
    }
    lines += "    " + quoted(place.path) + ") words=" + quoted(joined(words, " ")) +
             (files ? "; compopt -o default" : "") + " ;;\n";
  }
  return lines;
}

// zsh ----------------------------------------------------------------------------------------------------------------

/// A description inside an argument of _arguments or _describe.
std::string zsh_text(const std::string& text) {
  return replaced(replaced(replaced(text, ':', "\\:"), '[', "\\["), ']', "\\]");
}

std::string zsh_action(const OptionShape& option) {
  if (option.takes_file()) return "_files";
  return option.choices.empty() ? " " : "(" + joined(option.choices, " ") + ")";
}

std::string zsh_argument(const OptionShape& option) {
  if (option.positional)
    return quoted((option.repeats ? "*:" : ":") + zsh_text(option.what) + ":" + zsh_action(option));
  std::vector<std::string> specs;
  // Names of one option exclude each other, unless it may be given again.
  const auto before = option.repeats ? std::string{"*"} : "(" + joined(option.names, " ") + ")";
  const auto after = "[" + zsh_text(option.what) + "]" + (is_flag(option) ? "" : ":value:" + zsh_action(option));
  for (const auto& name : option.names) {
    const auto spec = std::string{before}.append(name).append(after);
    specs.push_back(quoted(spec));
  }
  return joined(specs, " ");
}

std::string zsh_function(const std::string& path) {
  return "_cachearr" + (path.empty() ? "" : "_" + replaced(path, ' ', "_"));
}

/// Completes the name of a command below, and hands on to it.
std::string zsh_commands(const CommandAt& place) {
  std::string names, cases;
  for (const auto& below : place.command->commands) {
    names += " " + quoted(zsh_text(below.name) + ":" + below.what);
    const auto path = place.path.empty() ? below.name : place.path + " " + below.name;
    cases += "        " + below.name + ") " + zsh_function(path) + " ;;\n";
  }
  return "  case $state in\n    command)\n      local -a commands=(" + names +
         ")\n      _describe command commands ;;\n" + "    arguments)\n      case $words[1] in\n" + cases +
         "      esac ;;\n  esac\n";
}

std::string zsh_place(const CommandAt& place) {
  const bool has_commands = !place.command->commands.empty();
  std::string text = zsh_function(place.path) + "() {\n";
  if (has_commands) text += "  local curcontext=$curcontext state line\n";
  text += has_commands ? "  _arguments -C" : "  _arguments";
  for (const auto& option : place.command->options) text += " \\\n    " + zsh_argument(option);
  if (has_commands) text += " \\\n    '1:command:->command' '*::argument:->arguments'";
  text += "\n";
  if (has_commands) text += zsh_commands(place);
  return text + "}\n";
}

// fish ---------------------------------------------------------------------------------------------------------------

/// When the words of a path were typed, and none of the commands below it.
std::string fish_condition(const CommandAt& place) {
  std::vector<std::string> below;
  for (const auto& command : place.command->commands) below.push_back(command.name);
  const auto without = joined(below, " ");
  if (place.path.empty()) return "not __fish_seen_subcommand_from " + without;
  const auto seen = "__fish_seen_subcommand_from " + replaced(place.path, ' ', "; and __fish_seen_subcommand_from ");
  return below.empty() ? seen : seen + "; and not __fish_seen_subcommand_from " + without;
}

std::string fish_option(const OptionShape& option) {
  std::string text;
  for (const auto& name : option.names)
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!is_flag(option)) text += option.takes_file() ? " -r -F" : " -x";
  if (!option.choices.empty()) text += " -a " + quoted(joined(option.choices, " "));
  return text + " -d " + quoted(option.what);
}

std::string fish_place(const CommandAt& place) {
  const auto begin = "complete -c cachearr -n " + quoted(fish_condition(place));
  std::string lines;
  for (const auto& below : place.command->commands)
    lines += begin + " -a " + below.name + " -d " + quoted(below.what) + "\n";
  for (const auto& option : place.command->options) {
    if (!option.positional) lines += begin + fish_option(option) + "\n";
    if (option.positional && !option.choices.empty())
      lines += begin + " -a " + quoted(joined(option.choices, " ")) + "\n";
    if (option.positional && option.takes_file()) lines += begin + " -F\n";
  }
  return lines;
}

}  // namespace

std::string bash_completion(const CommandShape& program) {
  const auto places = places_of(program);
  return "# Completions of cachearr for bash, as `cachearr completions bash` prints them.\n"
         "_cachearr() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} at='' words='' i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case \"$at ${COMP_WORDS[i]}\" in\n" +
         bash_walk(places) +
         "    esac\n  done\n  COMPREPLY=()\n"
         "  case \"$at $prev\" in\n" +
         bash_values(places) + "  esac\n  case \"$at\" in\n" + bash_words(places) +
         "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -F _cachearr cachearr\n";
}

std::string zsh_completion(const CommandShape& program) {
  std::string text =
      "#compdef cachearr\n# Completions of cachearr for zsh, as `cachearr completions zsh` prints them.\n";
  for (const auto& place : places_of(program)) text += zsh_place(place);
  // As a file in $fpath it is the body of the function; sourced, it names itself.
  return text + "if [ \"$funcstack[1]\" = _cachearr ]; then _cachearr \"$@\"; else compdef _cachearr cachearr; fi\n";
}

std::string fish_completion(const CommandShape& program) {
  std::string text =
      "# Completions of cachearr for fish, as `cachearr completions fish` prints them.\ncomplete -c cachearr -f\n";
  for (const auto& place : places_of(program)) text += fish_place(place);
  return text;
}

}  // namespace cachearr::app
