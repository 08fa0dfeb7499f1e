#include "app/cli/command.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "app/exit_code.hpp"
#include "app/state_files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace cachearr::app {
namespace {

bool is_flat(const nlohmann::ordered_json& value) {
  return value.is_primitive() || (value.is_array() && std::all_of(value.begin(), value.end(), [](const auto& item) {
                                    return item.is_primitive();
                                  }));
}

std::string flat_text(const nlohmann::ordered_json& value) {
  if (!value.is_array()) return shown(value);
  std::string list;
  for (const auto& item : value) list += (list.empty() ? "" : ", ") + shown(item);
  return list.empty() ? "-" : list;
}

const std::string kNotKnown = "which instance is meant is not known, as the configuration cannot be read:";

std::string listed(const Problems& problems) {
  std::string all;
  for (const auto& problem : problems) all += "\n" + to_string(problem);
  return all;
}

}  // namespace

bool CliEnv::shows_colours() const {
  const auto no_colour = environment.find("NO_COLOR");
  return is_terminal && (no_colour == environment.end() || no_colour->second.empty());
}

void add_config_option(const Command& command, Invocation& invocation) {
  command
      .option("-c,--config", invocation.sources.file, "The configuration file (default: /etc/cachearr/cachearr.json)")
      .type_name("FILE");
}

void add_json_option(const Command& command, Invocation& invocation) {
  command.flag("--json", invocation.json, "Print JSON");
}

std::string trouble_with_number(const std::string& value) {
  return text::parse_unsigned(value).value_or(0) > 0 ? "" : "a whole number above 0 is expected";
}

std::string trouble_with_duration(const std::string& value) {
  const bool over = value.starts_with('-') && text::parse_unsigned(value.substr(1));
  return over || parse_duration(value) ? "" : "a length of time is expected: 300, 15m, 24h";
}

int fail(const Invocation& invocation, const std::string& why) {
  invocation.env.err << "cachearr: " << why << '\n';
  return exit_no;
}

const ReadConfig& configuration_of(const Invocation& invocation) {
  auto& read = invocation.configuration;
  if (!read) {
    read.emplace();
    read->config = read_config(invocation.sources, read->problems);
  }
  return *read;
}

std::function<int()> on_instance(const Invocation& invocation, std::function<int()> run) {
  return [&invocation, run = std::move(run)] {
    const auto& [config, problems] = configuration_of(invocation);
    if (config.state_dir_is_known) return run();
    fail(invocation, kNotKnown + listed(problems));
    return static_cast<int>(exit_configuration);
  };
}

Result<AdminAnswer> ask_instance(const Invocation& invocation, const AdminRequest& request) {
  const auto& [config, problems] = configuration_of(invocation);
  if (!config.state_dir_is_known) return Error{kNotKnown + listed(problems)};
  // A mistake elsewhere in the file does not hide where the instance is: the one that runs was started before it.
  auto answer = ask(admin_socket_path(config.state_dir), request);
  if (answer.ok() || problems.empty()) return answer;
  return Error{answer.error().what + "\nand the configuration has problems:" + listed(problems)};
}

std::string reason_of(const AdminAnswer& answer) {
  const auto data = nlohmann::json::parse(answer.body, nullptr, false);
  for (const auto* name : {"detail", "title", "message", "error"}) {
    if (data.is_object() && data.contains(name) && data[name].is_string()) return data[name].get<std::string>();
  }
  return "the running instance answered " + std::to_string(answer.status);
}

std::string shown(const nlohmann::ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_null() ? "-" : value.dump();
}

void print_plain(std::ostream& out, const nlohmann::ordered_json& data, int indent) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  std::size_t width = 0;
  for (const auto& [name, value] : data.items()) width = std::max(width, name.size());
  for (const auto& [name, value] : data.items()) {
    const auto label = data.is_array() ? std::string{"-"} : name;
    out << margin << label;
    if (is_flat(value)) {
      out << std::string(data.is_array() ? 1 : width - label.size() + 2, ' ') << flat_text(value) << '\n';
    } else {
      out << '\n';
      print_plain(out, value, indent + 2);
    }
  }
}

}  // namespace cachearr::app
