// Calls about the program itself: alive, well, what it is.
#include <cmath>
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/counts.hpp"
#include "admin/health.hpp"
#include "admin/system_figures.hpp"
#include "admin/upstream_words.hpp"
#include "caching/storing.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kSoonSeconds = 300;

Json tier_json(const store::TierStats& tier) {
  return {{"keys", tier.entries}, {"bytes", tier.bytes}, {"maxBytes", tier.max_bytes}, {"percent", percent_used(tier)}};
}

Answer health_of_cache(Instance& instance) {
  const auto condition = gather(instance);
  const auto health = judge(condition);
  Json reasons = Json::array();
  for (const auto& note : health.notes) reasons.push_back(note.message);
  Json details = {{"memory", tier_json(condition.store.memory)}, {"disk", nullptr}, {"reasons", std::move(reasons)}};
  if (condition.store.disk_enabled) details["disk"] = tier_json(condition.store.disk);
  const Json data = {
      {"status", name_of(health.wellbeing)}, {"message", health.message()}, {"details", std::move(details)}};
  return json_answer({{"data", data}}, health.wellbeing == Wellbeing::down ? 503 : 200);
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
  const auto counts = count(instance.proxy().metrics());
  const auto hits = counts.hits(), misses = counts.misses();
  return json_answer({{"data",
                       {{"keys", std::max(stats.memory.entries, stats.disk.entries)},
                        {"memoryBytes", stats.memory.bytes},
                        {"memoryMaxBytes", stats.memory.max_bytes},
                        {"diskBytes", stats.disk.bytes},
                        {"diskMaxBytes", stats.disk.max_bytes},
                        {"hits", hits},
                        {"misses", misses},
                        {"hitRate", rounded(share(hits, misses))},
                        {"missRate", rounded(share(misses, hits))},
                        {"expiringSoon", expiring_soon(instance)},
                        {"evictions", stats.memory.evictions + stats.disk.evictions},
                        {"collapsed", counts.collapsed},
                        {"bytesToClients", counts.bytes_to_clients},
                        {"bytesFromUpstreams", counts.bytes_from_upstreams}}}});
}

Answer health_notes(Instance& instance) {
  Json list = Json::array();
  for (const auto& note : judge(gather(instance)).notes)
    list.push_back({{"source", note.source}, {"type", name_of(note.type)}, {"message", note.message}, {"wikiUrl", ""}});
  return json_answer(list);
}

/// The shape that the *arr applications give it, so that what reads theirs reads ours.
Answer system_status(Instance& instance) {
  const auto around = surroundings();
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
                      {"osName", around.os_name},
                      {"osVersion", around.os_version},
                      {"hostName", around.host_name},
                      {"isNetCore", false},
                      {"isLinux", true},
                      {"isOsx", false},
                      {"isWindows", false},
                      {"isDocker", around.in_container},
                      {"mode", "console"},
                      {"branch", "main"},
                      {"authentication", "apiKey"},
                      {"urlBase", ""}});
}

}  // namespace

void add_system_calls(Router& router, Instance& instance) {
  using http::Method;
  constexpr Needs open{Access::open, Effect::none};
  const auto add = [&](std::string pattern, Needs needs, Answer (*handler)(Instance&)) {
    router.add(
        {Method::get, std::move(pattern), needs, [&instance, handler](const Call&) { return handler(instance); }});
  };
  add("/ping", open, [](Instance&) { return json_answer({{"status", "OK"}}); });
  add("/health/cache", open, health_of_cache);
  add("/health/cache/stats", {}, stats_of_cache);
  add("/api/v1/system/status", {}, system_status);
  add("/api/v1/health", {}, health_notes);
}

}  // namespace cachearr::admin
