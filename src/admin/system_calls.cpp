// Calls about the program itself: alive, well, what it is.
#include <cmath>
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/gather.hpp"
#include "admin/host_info.hpp"
#include "base/iso_time.hpp"
#include "caching/storing.hpp"
#include "upkeep/health.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kSoonSeconds = 300;

Json tier_json(const store::TierStats& tier) {
  return {{"keys", tier.entries},
          {"bytes", tier.bytes},
          {"maxBytes", tier.max_bytes},
          {"percent", upkeep::percent_used(tier)}};
}

Answer health_of_cache(Instance& instance) {
  const auto inputs = health_inputs(instance);
  const auto status = upkeep::evaluate(inputs);
  Json reasons = Json::array();
  for (const auto& note : status.notes) reasons.push_back(note.message);
  Json details = {{"memory", tier_json(inputs.store.memory)}, {"disk", nullptr}, {"reasons", std::move(reasons)}};
  if (inputs.store.disk_enabled) details["disk"] = tier_json(inputs.store.disk);
  details["shared"] = !inputs.shared         ? "off"
                      : inputs.shared->ready ? "ready"
                      : inputs.shared->up    ? "catching-up"
                                             : "away";
  const Json data = {{"status", name_of(status.level)}, {"message", status.message()}, {"details", std::move(details)}};
  return json_answer({{"data", data}}, status.level == upkeep::HealthStatus::Level::down ? 503 : 200);
}

double rounded(double percent) { return std::round(percent * 100) / 100; }

/// Fresh answers that will not be in five minutes.
std::uint64_t expiring_soon(Instance& instance) {
  std::uint64_t count = 0;
  const auto now = instance.clock().now();
  instance.store().for_each([&](const store::EntryPtr& entry) {
    const auto left = caching::ttl_at(entry->meta, now);
    count +=
        left >= 0 && left < kSoonSeconds && (entry->meta.flags & (caching::kVaryMarker | caching::kHitForMiss)) == 0
            ? 1
            : 0;
    return true;
  });
  return count;
}

Answer stats_of_cache(Instance& instance) {
  const auto stats = instance.store().stats();
  const auto& counted = instance.proxy().metrics();
  std::uint64_t hits = 0, misses = 0;
  for (const auto& label : metrics::label_totals(counted)) {
    hits += label.hits();
    misses += label.all_misses();
  }
  return json_answer(
      {{"data",
        {{"keys", std::max(stats.memory.entries, stats.disk.entries)},
         {"memoryBytes", stats.memory.bytes},
         {"memoryMaxBytes", stats.memory.max_bytes},
         {"diskBytes", stats.disk.bytes},
         {"diskMaxBytes", stats.disk.max_bytes},
         {"hits", hits},
         {"misses", misses},
         {"hitRate", rounded(metrics::share(hits, misses))},
         {"missRate", rounded(metrics::share(misses, hits))},
         {"expiringSoon", expiring_soon(instance)},
         {"evictions", stats.memory.evictions + stats.disk.evictions},
         {"collapsed", metrics::total(counted, &metrics::WorkerCells::collapsed)},
         {"bytesToClients", metrics::total(counted, &metrics::WorkerCells::bytes_to_clients)},
         {"bytesFromUpstreams", metrics::total(counted, &metrics::WorkerCells::bytes_from_upstreams)}}}});
}

Answer health_notes(Instance& instance) {
  Json list = Json::array();
  for (const auto& note : upkeep::evaluate(health_inputs(instance)).notes)
    list.push_back(
        {{"source", note.source}, {"type", name_of(note.severity)}, {"message", note.message}, {"wikiUrl", ""}});
  return json_answer(list);
}

/// The shape that the *arr applications give it, so that what reads theirs reads ours.
Answer system_status(Instance& instance) {
  const auto host = host_info();
  const auto snapshot = instance.snapshot();
  const auto& config = snapshot->settings->config;
  return json_answer({{"appName", "cachearr"},
                      {"instanceName", "cachearr"},
                      {"version", CACHEARR_VERSION},
                      {"isDebug", false},
                      {"isProduction", true},
                      {"isAdmin", false},
                      {"isUserInteractive", false},
                      {"startTime", iso_time(instance.started())},
                      {"startupPath", config.file},
                      {"appData", config.state_dir},
                      {"osName", host.os_name},
                      {"osVersion", host.os_version},
                      {"hostName", host.host_name},
                      {"isNetCore", false},
                      {"isLinux", true},
                      {"isOsx", false},
                      {"isWindows", false},
                      {"isDocker", host.in_container},
                      {"mode", "console"},
                      {"branch", "main"},
                      {"authentication", "apiKey"},
                      {"urlBase", config.admin.url_base}});
}

}  // namespace

void add_system_calls(Router& router, Instance& instance) {
  using http::Method;
  constexpr Needs open{Access::open, Effect::none};
  const auto add = [&](std::string pattern, Needs needs, Runs runs, Answer (*handler)(Instance&), CallDoc doc) {
    auto run = [&instance, handler](const Call&) { return handler(instance); };
    router.add({Method::get, std::move(pattern), needs, std::move(run), runs, std::move(doc)});
  };
  const auto alive = [](Instance&) { return json_answer({{"status", "OK"}}); };
  add("/ping", open, Runs::on_loop, alive, {.summary = "whether the program is alive", .answer = "Ping"});
  add("/health/cache", open, Runs::on_loop, health_of_cache,
      {.summary = "healthy, degraded or down (503), and why", .answer = "CacheHealth", .failures = {503}});
  add("/health/cache/stats", {}, Runs::in_pool, stats_of_cache,
      {.summary = "figures of the cache since the start", .answer = "CacheStats"});
  add("/api/v1/system/status", {}, Runs::in_pool, system_status,
      {.summary = "what the program is, as the *arr applications say it", .answer = "SystemStatus"});
  add("/api/v1/health", {}, Runs::on_loop, health_notes,
      {.summary = "what an operator should know, as the *arr applications say it", .answer = "HealthNotes"});
}

}  // namespace cachearr::admin
