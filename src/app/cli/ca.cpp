#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/cli/command.hpp"
#include "app/exit_code.hpp"
#include "app/load_rules.hpp"
#include "app/state_files.hpp"
#include "authority/authority.hpp"
#include "authority/export.hpp"
#include "authority/trust_help.hpp"
#include "upkeep/interception_health.hpp"

namespace cachearr::app {
namespace {

using authority::Authority;

struct CaArguments {
  bool renew = false;
  std::string format = "pem";
  std::string file = "-";
  std::string system;
};

std::string day_of(TimePoint at) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(at)};
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02u", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return out.data();
}

int refuse(const Invocation& invocation, const Problems& problems) {
  for (const auto& problem : problems) invocation.env.err << to_string(problem) << '\n';
  return exit_configuration;
}

nlohmann::ordered_json description_of(const Authority& authority, const Config& config) {
  return {{"name", authority.name()},
          {"fingerprint", authority.fingerprint()},
          {"notBefore", day_of(authority.not_before())},
          {"notAfter", day_of(authority.not_after())},
          {"hosts", authority.hosts()},
          {"directory", config.ca_dir}};
}

void print(const Invocation& invocation, const nlohmann::ordered_json& data) {
  if (invocation.json) {
    invocation.env.out << data.dump(2) << '\n';
  } else {
    print_plain(invocation.env.out, data);
  }
}

int init(const Invocation& invocation, bool renew) {
  Problems problems;
  const auto config = read_config(invocation.sources, problems);
  const auto rules = load_rules(config, problems);
  if (!problems.empty() || !rules) return refuse(invocation, problems);
  if (config.ca_dir.starts_with(config.state_dir + '/')) {
    if (const auto problem = prepare_state_directory(config.state_dir)) return fail(invocation, problem->what);
  }
  const auto earlier = Authority::load(config.ca_dir);
  const auto made = Authority::init(config.ca_dir, upkeep::intercepted_hosts(*rules), renew, SystemClock{}.now());
  if (!made) return fail(invocation, made.error().what);
  print(invocation, description_of(*made, config));
  if (!invocation.json) {
    invocation.env.out << "\nIt can sign for these hosts and what is below them, for nothing else.\n"
                          "Next: \"cachearr ca trust-help\" says how clients are told to trust it, and a running\n"
                          "instance begins to intercept after \"cachearr reload\".\n";
    if (earlier) {
      invocation.env.out << "It replaces \"" << earlier->name()
                         << "\", which signs nothing any more: clients may forget that one. A container gives\n"
                            "the new one to its neighbours (public/ca.pem) when it is started again, before them.\n";
    }
  }
  return exit_ok;
}

int show(const Invocation& invocation) {
  Problems problems;
  const auto config = read_config(invocation.sources, problems);
  if (!problems.empty()) return refuse(invocation, problems);
  const auto loaded = Authority::load(config.ca_dir);
  if (!loaded) return fail(invocation, loaded.error().what);
  auto data = description_of(*loaded, config);
  // Broken rules are for `check` to tell; the authority can be shown without them.
  if (const auto rules = load_rules(config, problems))
    data["notes"] = upkeep::problems_of(*loaded, *rules, SystemClock{}.now());
  print(invocation, data);
  return exit_ok;
}

int write_export(const Invocation& invocation, const CaArguments& arguments) {
  Problems problems;
  const auto config = read_config(invocation.sources, problems);
  if (!problems.empty()) return refuse(invocation, problems);
  const auto loaded = Authority::load(config.ca_dir);
  if (!loaded) return fail(invocation, loaded.error().what);
  const auto format = authority::export_format_of(arguments.format);
  const auto content = authority::export_as(*loaded, format.value_or(authority::ExportFormat::pem));
  if (!content) return fail(invocation, content.error().what);
  if (arguments.file == "-") {
    invocation.env.out << content.value();
    return exit_ok;
  }
  std::ofstream file{arguments.file, std::ios::binary | std::ios::trunc};
  file << content.value();
  file.close();
  return file ? exit_ok : fail(invocation, arguments.file + " could not be written");
}

/// Where clients reach the certificate: the first plain listener. One on all addresses is reached by the machine's
/// name.
std::string certificate_url(const Config& config) {
  for (const auto& listener : config.listeners) {
    if (listener.tls) continue;
    const auto colon = listener.address.rfind(':');
    auto host = listener.address.substr(0, colon);
    if (host.empty() || host == "0.0.0.0" || host == "[::]" || host == "*") host = "CACHEARR-HOST";
    return "http://" + host + listener.address.substr(std::min(colon, listener.address.size())) + "/ca.pem";
  }
  return "file://" + config.ca_dir + "/ca.pem";
}

void print_steps(const Invocation& invocation, const std::vector<authority::TrustSteps>& all) {
  auto list = nlohmann::ordered_json::array();
  auto& out = invocation.env.out;
  for (const auto& steps : all) {
    if (invocation.json) {
      list.push_back({{"id", steps.id}, {"title", steps.title}, {"trust", steps.trust}, {"undo", steps.undo}});
    } else {
      out << "== " << steps.title << " [" << steps.id << "]\n" << steps.trust << "\n-- undo\n" << steps.undo << "\n\n";
    }
  }
  if (invocation.json) out << list.dump(2) << '\n';
}

int trust_help(const Invocation& invocation, const std::string& system) {
  Problems problems;
  const auto config = read_config(invocation.sources, problems);
  if (!problems.empty()) return refuse(invocation, problems);
  const auto loaded = Authority::load(config.ca_dir);
  auto steps = authority::trust_steps({loaded ? loaded->name() : "cachearr local authority", certificate_url(config)});
  if (!system.empty()) {
    std::string known;
    for (const auto& one : steps) known.append(known.empty() ? "" : ", ").append(one.id);
    std::erase_if(steps, [&system](const auto& one) { return one.id != system; });
    if (steps.empty()) return fail(invocation, "there are no steps for \"" + system + "\", only for " + known);
  }
  if (!invocation.json) {
    auto& out = invocation.env.out;
    if (!loaded) out << "(There is no authority yet: " << loaded.error().what << ")\n\n";
    if (loaded) {
      out << "The certificate's SHA-256 fingerprint, to be compared before it is trusted\n"
             "(openssl x509 -noout -fingerprint -sha256 -in cachearr.pem):\n"
          << loaded->fingerprint() << "\n\n";
    }
  }
  print_steps(invocation, steps);
  return exit_ok;
}

void add_init(const Command& group, Invocation& invocation, const std::shared_ptr<CaArguments>& arguments) {
  const auto command = group.command("init", "Make an authority for the hosts that the rules intercept");
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.flag("--renew", arguments->renew, "Replace the one there is; every client has to trust the new one");
  command.on_parsed([&invocation, arguments] {
    invocation.run = [&invocation, arguments] { return init(invocation, arguments->renew); };
  });
}

void add_show(const Command& group, Invocation& invocation) {
  const auto command = group.command("show", "Show the authority: name, fingerprint, end, hosts it may sign for");
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.on_parsed([&invocation] { invocation.run = [&invocation] { return show(invocation); }; });
}

void add_export(const Command& group, Invocation& invocation, const std::shared_ptr<CaArguments>& arguments) {
  const auto command = group.command("export", "Write the authority's certificate (never its key)");
  add_config_option(command, invocation);
  command.option("--format", arguments->format, "pem, der, p12 (empty password) or mobileconfig (default: pem)")
      .type_name("FORMAT")
      .check([](const std::string& name) {
        return authority::export_format_of(name) ? std::string{}
                                                 : "\"" + name + "\" is none of pem, der, p12, mobileconfig";
      });
  command.option("file", arguments->file, "Where to (default: standard output)");
  command.on_parsed([&invocation, arguments] {
    invocation.run = [&invocation, arguments] { return write_export(invocation, *arguments); };
  });
}

void add_trust_help(const Command& group, Invocation& invocation, const std::shared_ptr<CaArguments>& arguments) {
  const auto command =
      group.command("trust-help", "Say how each system is told to trust the authority, and how to undo it");
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("system", arguments->system, "One system only: debian, windows, node...");
  command.on_parsed([&invocation, arguments] {
    invocation.run = [&invocation, arguments] { return trust_help(invocation, arguments->system); };
  });
}

}  // namespace

void add_ca(const Command& program, Invocation& invocation) {
  const auto group = program.command("ca", "The local certificate authority, with which HTTPS is intercepted");
  group.require_command();
  add_config_option(group, invocation);
  const auto arguments = std::make_shared<CaArguments>();
  add_init(group, invocation, arguments);
  add_show(group, invocation);
  add_export(group, invocation, arguments);
  add_trust_help(group, invocation, arguments);
}

}  // namespace cachearr::app
