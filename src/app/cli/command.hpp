// What the commands of the command line share. Each command is one file, named after it, with one add_<name>() that
// describes it to the parser; cli.cpp lists them. Main thread only.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "app/cli/admin_client.hpp"
#include "app/cli/command_parser.hpp"
#include "app/server.hpp"

namespace cachearr::app {

/// The world around a command, so that a test can stand for it.
struct CliEnv {
  std::map<std::string, std::string> environment;
  std::ostream& out;
  std::ostream& err;
  std::function<int(const ServeOptions&)> serve;
  bool is_terminal = false;  // `out` is one

  /// On a terminal, unless NO_COLOR says otherwise.
  bool shows_colours() const;
};

/// A configuration as far as it could be read, and what is wrong with it.
struct ReadConfig {
  Config config;
  Problems problems;
};

/// One call of the program: what was given on its command line, and what is to be done about it.
struct Invocation {
  CliEnv& env;
  ConfigSources sources;
  bool json = false;
  std::function<int()> run;                         // set by the command that was named
  mutable std::optional<ReadConfig> configuration;  // of configuration_of()
};

/// Reads it at the first call alone: the file may be a pipe.
const ReadConfig& configuration_of(const Invocation& invocation);

/// --config FILE, which every command takes.
void add_config_option(const Command& command, Invocation& invocation);
/// --json, for commands that print data.
void add_json_option(const Command& command, Invocation& invocation);
/// --listen, --log-level and --resolve.
void add_serve_options(const Command& command, Invocation& invocation);

void add_serve(const Command& program, Invocation& invocation);
void add_check(const Command& program, Invocation& invocation);
void add_explain(const Command& program, Invocation& invocation);
void add_reload(const Command& program, Invocation& invocation);
void add_healthcheck(const Command& program, Invocation& invocation);
void add_ca(const Command& program, Invocation& invocation);
void add_upstreams(const Command& program, Invocation& invocation);
void add_reading_keys(const Command& program, Invocation& invocation);   // keys, get, mget, ttl, exists
void add_changing_keys(const Command& program, Invocation& invocation);  // set, del, expire, purge
void add_stats(const Command& program, Invocation& invocation);
void add_top(const Command& program, Invocation& invocation);
void add_alerts(const Command& program, Invocation& invocation);
void add_warm(const Command& program, Invocation& invocation);
void add_jobs(const Command& program, Invocation& invocation);
void add_shared(const Command& program, Invocation& invocation);
void add_requests(const Command& program, Invocation& invocation);
void add_dashboard(const Command& program, Invocation& invocation);
void add_doctor(const Command& program, Invocation& invocation);
void add_try(const Command& program, Invocation& invocation);
void add_backup(const Command& program, Invocation& invocation);  // export, import

void add_completions(const Command& program, Invocation& invocation);

/// `run`, where the configuration says which instance is meant. A named file that cannot be read does not: then its
/// problems are printed, and nothing is done to the instance of another configuration.
std::function<int()> on_instance(const Invocation& invocation, std::function<int()> run);
/// What is wrong with the value of an option that is a number above 0; empty: nothing.
std::string trouble_with_number(const std::string& value);
/// The same of a length of time; one below zero is over already.
std::string trouble_with_duration(const std::string& value);
/// Prints why something failed, as one line on the error stream. Gives exit_no.
int fail(const Invocation& invocation, const std::string& why);
/// Sends the request to the instance that runs with this configuration. The error: there is none, or which one is meant
/// is not known.
Result<AdminAnswer> ask_instance(const Invocation& invocation, const AdminRequest& request);
/// What an answer other than 2xx says about itself: the detail of problem+json, else the status.
std::string reason_of(const AdminAnswer& answer);
/// A value for people: a string without quotes, "-" for null.
std::string shown(const nlohmann::ordered_json& value);
/// Data for people: one "name  value" line for each member, nested ones indented.
void print_plain(std::ostream& out, const nlohmann::ordered_json& data, int indent = 0);

}  // namespace cachearr::app
