#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "app/cli/command.hpp"
#include "app/cli/key_request.hpp"
#include "app/exit_code.hpp"
#include "base/text.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;
using Row = std::array<std::string, 8>;

struct UpstreamArguments {
  std::string name, mode;
  bool pause = false, resume = false, reset = false;

  bool acts() const { return pause || resume || reset || !mode.empty(); }
};

/// "480/500 a day, 20/100 a minute"
std::string quota_left(const Json& quotas) {
  std::string list;
  for (const auto& quota : quotas) {
    const auto per = quota.value("per", "unknown");
    list += (list.empty() ? "" : ", ") + shown(quota["remaining"]) + "/" + shown(quota["limit"]) +
            (per == "unknown" ? "" : " a " + per);
  }
  return list.empty() ? "-" : list;
}

Row row_of(const Json& upstream) {
  const auto mode = upstream.value("paused", false) ? "paused" : upstream.value("mode", "");
  return {upstream.value("name", ""),
          mode,
          shown(upstream.value("tokens", Json())),
          shown(upstream.value("waiting", Json())),
          quota_left(upstream.value("quota", Json::array())),
          shown(upstream.value("cooldownUntil", Json())),
          shown(upstream.value("/breaker/state"_json_pointer, Json())),
          shown(upstream.value("/pool/idle"_json_pointer, Json()))};
}

void print_table(std::ostream& out, const Json& upstreams) {
  std::vector<Row> rows{{"NAME", "MODE", "TOKENS", "WAITING", "QUOTA LEFT", "PAUSE UNTIL", "BREAKER", "IDLE"}};
  for (const auto& upstream : upstreams) rows.push_back(row_of(upstream));
  std::array<std::size_t, std::tuple_size_v<Row>> widths{};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
}

void print_upstreams(const Invocation& invocation, const Json& data) {
  if (invocation.json) {
    invocation.env.out << data.dump(2) << '\n';
  } else {
    print_plain(invocation.env.out, data);
  }
}

int show(const Invocation& invocation, const std::string& name) {
  AdminRequest request;
  request.target = "/api/v1/upstreams";
  const auto answer = ask_for_json(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  const auto list = answer->value("upstreams", Json::array());
  if (name.empty()) {
    invocation.json ? print_upstreams(invocation, list) : print_table(invocation.env.out, list);
    return exit_ok;
  }
  const auto is_named = [&](const Json& upstream) { return upstream.value("name", "") == name; };
  const auto found = std::find_if(list.begin(), list.end(), is_named);
  if (found == list.end())
    return fail(invocation, "there is no upstream \"" + name + "\"; `cachearr upstreams` lists them");
  print_upstreams(invocation, *found);
  return exit_ok;
}

Json body_of(const UpstreamArguments& arguments) {
  Json body = Json::object();
  if (arguments.pause || arguments.resume) body["paused"] = arguments.pause;
  if (!arguments.mode.empty()) body["mode"] = arguments.mode;
  if (arguments.reset) body["reset"] = {"breaker", "cooldown"};
  return body;
}

int act(const Invocation& invocation, const UpstreamArguments& arguments) {
  AdminRequest request;
  request.method = "POST";
  request.target = "/api/v1/upstreams/" + text::percent_encode(arguments.name);
  request.body = body_of(arguments).dump();
  const auto answer = ask_for_json(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  auto& out = invocation.env.out;
  const auto changes = answer->value("changes", Json::array());
  if (invocation.json) {
    out << answer->dump(2) << '\n';
    return exit_ok;
  }
  for (const auto& change : changes) out << arguments.name << ": " << shown(change) << '\n';
  if (changes.empty()) out << arguments.name << ": nothing changed\n";
  return exit_ok;
}

int upstreams(const Invocation& invocation, const UpstreamArguments& arguments) {
  if (!arguments.acts()) return show(invocation, arguments.name);
  if (!arguments.name.empty() && !(arguments.pause && arguments.resume)) return act(invocation, arguments);
  fail(invocation,
       arguments.name.empty() ? "name the upstream that is meant" : "--pause and --resume exclude each other");
  return exit_usage;
}

}  // namespace

void add_upstreams(const Command& program, Invocation& invocation) {
  const auto command =
      program.command("upstreams", "Show how upstreams are; act on one until the next reload or restart");
  const auto arguments = std::make_shared<UpstreamArguments>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("name", arguments->name, "All about this one");
  command.flag("--pause", arguments->pause, "Serve what is stored, send nothing there");
  command.flag("--resume", arguments->resume, "End --pause");
  command.flag("--reset", arguments->reset, "Close its breaker, end the pauses that it has asked for");
  command.option("--mode", arguments->mode, "live, prefer-cache or offline")
      .one_of({"live", "prefer-cache", "offline"});
  command.on_parsed([&invocation, arguments] {
    invocation.run = on_instance(invocation, [&invocation, arguments] { return upstreams(invocation, *arguments); });
  });
}

}  // namespace cachearr::app
