#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/cli/command.hpp"
#include "app/cli/key_request.hpp"
#include "app/exit_code.hpp"
#include "base/units.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

std::string fixed(double value, int places) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", places, value);
  return text;
}

/// "83.33 %", "0.071 ms"; "-" where there is none.
std::string shown_number(const Json& summary, const std::string& name, int places, const char* unit) {
  const auto found = summary.find(name);
  if (found == summary.end() || !found->is_number()) return "-";
  return fixed(found->get<double>(), places) + unit;
}

std::string shown_tier(const Json& summary, const std::string& name) {
  const auto bytes = summary.value(name + "Bytes", std::uint64_t{0}),
             most = summary.value(name + "MaxBytes", std::uint64_t{0});
  if (most == 0) return "none";
  return format_size(bytes) + " of " + format_size(most) + " (" + std::to_string(bytes * 100 / most) + " %)";
}

std::string shown_latency(const Json& summary, const std::string& name) {
  return "p50 " + shown_number(summary, name + "P50Ms", 2, " ms") + ", p95 " +
         shown_number(summary, name + "P95Ms", 2, " ms") + ", p99 " + shown_number(summary, name + "P99Ms", 2, " ms");
}

std::string shown_uptime(std::int64_t seconds) {
  constexpr std::int64_t minute = 60, hour = 3600, day = 86'400;
  if (seconds < 2 * minute) return std::to_string(seconds) + " s";
  if (seconds < 2 * hour) return std::to_string(seconds / minute) + " min";
  return seconds < 2 * day ? std::to_string(seconds / hour) + " h" : std::to_string(seconds / day) + " days";
}

void print_summary(std::ostream& out, const Json& summary) {
  const auto ratio = [&](const char* name) { return shown_number(summary, name, 2, " %"); };
  const auto count = [&](const char* name) { return shown_number(summary, name, 0, ""); };
  out << "status       " << summary.value("status", "-") << ", up "
      << shown_uptime(summary.value("uptimeSeconds", std::int64_t{0})) << '\n'
      << "hit ratio    1 min " << ratio("hitRatio1m") << ", 10 min " << ratio("hitRatio10m") << ", 1 h "
      << ratio("hitRatio1h") << ", 24 h " << ratio("hitRatio24h") << ", since the start " << ratio("hitRatio") << '\n'
      << "requests     " << count("requests") << ", upstream calls " << count("upstreamCalls") << ", calls saved "
      << count("callsSaved") << '\n'
      << "hits take    " << shown_latency(summary, "latencyHit") << " (last hour)\n"
      << "misses take  " << shown_latency(summary, "latencyMiss") << " (last hour)\n"
      << "memory       " << shown_tier(summary, "memory") << '\n'
      << "disk         " << shown_tier(summary, "disk") << '\n'
      << "entries      " << count("entries") << '\n'
      << "alerts       " << count("alerts") << '\n';
}

/// "1234 upstream calls, 56 MiB, 210 units of quotas and 3 h of waiting in 30 days"
int print_savings(const Invocation& invocation) {
  AdminRequest request;
  request.target = "/api/v1/savings?days=30";
  const auto savings = ask_for_json(invocation, request);
  if (!savings.ok()) return fail(invocation, savings.error().what);
  const auto total = savings->value("total", Json::object());
  const auto count = [&](const char* name) { return shown_number(total, name, 0, ""); };
  invocation.env.out << "saved        " << count("calls") << " upstream calls, "
                     << format_size(total.value("bytes", std::uint64_t{0})) << ", " << count("quotaUnits")
                     << " units of quotas and " << shown_uptime(static_cast<std::int64_t>(total.value("seconds", 0.0)))
                     << " of waiting in 30 days\n";
  return exit_ok;
}

int show_stats(const Invocation& invocation) {
  AdminRequest request;
  request.target = "/api/v1/stats/summary";
  const auto summary = ask_for_json(invocation, request);
  if (!summary.ok()) return fail(invocation, summary.error().what);
  auto& out = invocation.env.out;
  if (invocation.json) return out << summary->dump(2) << '\n', exit_ok;
  print_summary(out, *summary);
  if (const auto code = print_savings(invocation); code != exit_ok) return code;
  if (summary->value("alerts", 0) == 0) return exit_ok;
  request.target = "/api/v1/alerts";
  const auto alerts = ask_for_json(invocation, request);
  if (!alerts.ok()) return fail(invocation, alerts.error().what);
  for (const auto& alert : alerts->value("firing", Json::array()))
    out << "  " << alert.value("severity", "") << ": " << alert.value("message", "") << '\n';
  return exit_ok;
}

}  // namespace

void add_stats(const Command& program, Invocation& invocation) {
  const auto command = program.command("stats", "Print figures: hit ratios, requests, latencies, tiers, alerts");
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.on_parsed(
      [&invocation] { invocation.run = on_instance(invocation, [&invocation] { return show_stats(invocation); }); });
}

}  // namespace cachearr::app
