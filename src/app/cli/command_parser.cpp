#include "app/cli/command_parser.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <utility>

#include "app/exit_code.hpp"

namespace cachearr::app {
namespace {

/// "{live,offline}" at the end of what help shows for a value: the parser keeps the choices nowhere else.
std::vector<std::string> choices_in(const std::string& value) {
  const auto open = value.find('{'), close = value.rfind('}');
  if (open == std::string::npos || close == std::string::npos) return {};
  return CLI::detail::split(value.substr(open + 1, close - open - 1), ',');
}

OptionShape shape_of(const CLI::Option& option) {
  OptionShape shape;
  shape.positional = !option.nonpositional();
  if (shape.positional) shape.names.push_back(option.get_name(true));
  for (const auto& name : option.get_snames()) shape.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) shape.names.push_back("--" + name);
  shape.what = option.get_description();
  if (option.get_type_size() > 0) {
    shape.value = option.get_type_name();
    shape.choices = choices_in(shape.value);
  }
  shape.repeats = option.get_items_expected_max() > 1;
  return shape;
}

void add_options(const CLI::App& app, CommandShape& shape) {
  for (const auto* option : app.get_options()) shape.options.push_back(shape_of(*option));
  // A group of options is a command without a name.
  for (const auto* below : app.get_subcommands([](const CLI::App*) { return true; }))
    if (below->get_name().empty()) add_options(*below, shape);
}

CommandShape shape_of(const CLI::App& app) {
  CommandShape shape{app.get_name(), app.get_description(), {}, {}};
  add_options(app, shape);
  for (const auto* below : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!below->get_name().empty()) shape.commands.push_back(shape_of(*below));
  return shape;
}

void set_up(CLI::App& program, const ParserText& text, const std::function<void(Command)>& describe) {
  program.name(text.name);
  program.footer(text.footer);
  program.require_subcommand(0, 1);
  program.set_version_flag("--version", text.version, "Print the version and those of the libraries");
  describe(Command{program});
}

}  // namespace

bool OptionShape::takes_file() const { return value == "FILE" || (positional && names.front() == "file"); }

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

CommandShape Command::shape() const { return shape_of(*app_); }

void Command::on_parsed(std::function<void()> act) const { app_->callback(std::move(act)); }

CommandShape shape_of_program(const ParserText& text, const std::function<void(Command)>& describe) {
  CLI::App program{text.about};
  set_up(program, text, describe);
  return shape_of(program);
}

std::optional<int> parse_command_line(int count, const char* const* arguments, const ParserText& text,
                                      const std::function<void(Command)>& describe, std::ostream& out,
                                      std::ostream& err) {
  CLI::App program{text.about};
  set_up(program, text, describe);
  try {
    program.parse(count, arguments);
  } catch (const CLI::ParseError& outcome) {
    // Help and version come this way too, with exit code 0.
    return program.exit(outcome, out, err) == 0 ? exit_ok : exit_usage;
  }
  return std::nullopt;
}

}  // namespace cachearr::app
