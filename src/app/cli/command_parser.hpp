// The parser of the command line behind a plain header: the templates of CLI11, which cost many seconds in each unit
// that sees them, stay in command_parser.cpp. Handles, as short-lived as the parser that owns what they name. Main
// thread only.
#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace cachearr::app {

/// What the parser knows of an option or a positional argument, for those that tell others: completions, documentation.
struct OptionShape {
  std::vector<std::string> names;  // "-c", "--config"; "url" for a positional argument
  std::string what;                // as help says it
  std::string value;               // what help calls the value; empty: a flag
  std::vector<std::string> choices;
  bool positional = false;
  bool repeats = false;

  bool takes_file() const;
};

/// The same of a command, and of those below it.
struct CommandShape {
  std::string name, what;
  std::vector<OptionShape> options;
  std::vector<CommandShape> commands;
};

/// An option or a positional argument; the calls describe it further and give itself.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_{&option} {}
  Option& required();
  /// What help shows for the value.
  Option& type_name(const std::string& name);
  /// Each value needs the option's name in front of it again.
  Option& one_at_a_time();
  Option& one_of(const std::vector<std::string>& values);
  /// `problem` says what is wrong with a value; empty: nothing.
  Option& check(std::function<std::string(const std::string& value)> problem);

 private:
  CLI::Option* option_;
};

/// The program, one of its commands, or a group of options. Values that options name must outlive the parsing.
class Command {
 public:
  explicit Command(CLI::App& app) : app_{&app} {}
  Command command(const std::string& name, const std::string& what) const;
  Command option_group(const std::string& name) const;
  void require_command() const;
  void require_one_option() const;

  /// "-X,--method" for an option, "url" for a positional argument.
  Option option(const std::string& names, std::string& value, const std::string& what) const;
  Option option(const std::string& names, std::vector<std::string>& values, const std::string& what) const;
  Option option(const std::string& names, std::size_t& value, const std::string& what) const;
  void flag(const std::string& names, bool& value, const std::string& what) const;
  /// As far as it has been described.
  CommandShape shape() const;
  /// Called once the whole line was understood and names this command.
  void on_parsed(std::function<void()> act) const;

 private:
  CLI::App* app_;
};

struct ParserText {
  std::string name, about, footer, version;
};

/// The whole program, as `describe` describes it.
CommandShape shape_of_program(const ParserText& text, const std::function<void(Command)>& describe);
/// Has `describe` describe the program and reads the arguments. Help, version and errors are printed. Gives the
/// exit code where there is nothing to run after that.
std::optional<int> parse_command_line(int count, const char* const* arguments, const ParserText& text,
                                      const std::function<void(Command)>& describe, std::ostream& out,
                                      std::ostream& err);

}  // namespace cachearr::app
