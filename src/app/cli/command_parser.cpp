#include "app/cli/command_parser.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <utility>

#include "app/exit_code.hpp"

namespace cachearr::app {

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::type_name(const std::string& name) {
  option_->type_name(name);
  return *this;
}

Option& Option::one_at_a_time() {
  option_->allow_extra_args(false);
  return *this;
}

Option& Option::one_of(const std::vector<std::string>& values) {
  option_->check(CLI::IsMember(values));
  return *this;
}

Option& Option::check(std::function<std::string(const std::string&)> problem) {
  option_->check(std::move(problem));
  return *this;
}

Command Command::command(const std::string& name, const std::string& what) const {
  return Command{*app_->add_subcommand(name, what)};
}

Command Command::option_group(const std::string& name) const { return Command{*app_->add_option_group(name)}; }

void Command::require_command() const { app_->require_subcommand(1); }

void Command::require_one_option() const { app_->require_option(1); }

Option Command::option(const std::string& names, std::string& value, const std::string& what) const {
  return Option{*app_->add_option(names, value, what)};
}

Option Command::option(const std::string& names, std::vector<std::string>& values, const std::string& what) const {
  return Option{*app_->add_option(names, values, what)};
}

Option Command::option(const std::string& names, std::size_t& value, const std::string& what) const {
  return Option{*app_->add_option(names, value, what)};
}

void Command::flag(const std::string& names, bool& value, const std::string& what) const {
  app_->add_flag(names, value, what);
}

void Command::on_parsed(std::function<void()> act) const { app_->callback(std::move(act)); }

std::optional<int> parse_command_line(int count, const char* const* arguments, const ParserText& text,
                                      const std::function<void(Command)>& describe, std::ostream& out,
                                      std::ostream& err) {
  CLI::App program{text.about};
  program.name(text.name);
  program.footer(text.footer);
  program.require_subcommand(0, 1);
  program.set_version_flag("--version", text.version, "Print the version and those of the libraries");
  describe(Command{program});
  try {
    program.parse(count, arguments);
  } catch (const CLI::ParseError& outcome) {
    // Help and version come this way too, with exit code 0.
    return program.exit(outcome, out, err) == 0 ? exit_ok : exit_usage;
  }
  return std::nullopt;
}

}  // namespace cachearr::app
