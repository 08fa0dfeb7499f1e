// Lists of keys worth knowing about: /keys/low-hit-rate, /keys/top, /keys/expiring. Keys have no secrets in them by
// construction.
#include <algorithm>
#include <cmath>

#include "admin/calls.hpp"
#include "admin/key_values.hpp"
#include "admin/parameters.hpp"
#include "admin/savings_json.hpp"
#include "base/iso_time.hpp"
#include "upkeep/key_watch.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using upkeep::KeyLists;
using upkeep::KeyUse;

constexpr NumberRange kLimit{1, KeyLists::kMost, 50};
constexpr Duration kSoon{300'000};

Json use_json(const KeyUse& use, TimePoint now) {
  Json saved = Json::object();
  return {{"key", use.key},
          {"type", use.type},
          {"upstream", use.upstream},
          {"size", use.bytes},
          {"hits", use.hits},
          {"requests", use.requests()},
          {"hitRate", std::round(use.hit_rate() * 100) / 100},
          {"ttl", time_to_live(use.meta, now)},
          {"saved", add_saved(saved, use.saved())}};
}

/// Those of the list that come before the first which `belongs` says no to.
template <class F>
Answer answer(Instance& instance, const Call& call, const KeyLists& lists, const std::vector<KeyUse>& list,
              const F& belongs) {
  const auto limit = number_parameter(call, "limit", kLimit);
  if (!limit) return limit.error();
  const auto now = instance.clock().now();
  Json keys = Json::array();
  for (const auto& use : list) {
    if (keys.size() >= *limit || !belongs(use)) break;
    keys.push_back(use_json(use, now));
  }
  return json_answer({{"keys", std::move(keys)}, {"of", lists.keys}, {"asOf", iso_time(lists.at)}});
}

Answer low_hit_rate(Instance& instance, const Call& call) {
  const auto usual = instance.snapshot()->settings->config.cache.alert_key_hit_rate_below;
  const auto below = number_parameter(call, "below", {1, 100, usual});
  if (!below) return below.error();
  const auto lists = instance.key_watch().latest_lists();
  return answer(instance, call, *lists, lists->low,
                [&](const KeyUse& use) { return use.hit_rate() < static_cast<double>(*below); });
}

Answer top(Instance& instance, const Call& call) {
  const auto by = call.has_value("by") ? call.parameter("by") : "hits";
  if (by != "hits" && by != "bytes" && by != "saved") return problem(400, "by is hits, bytes or saved");
  const auto lists = instance.key_watch().latest_lists();
  const auto& list = by == "hits" ? lists->by_hits : by == "bytes" ? lists->by_bytes : lists->by_time;
  return answer(instance, call, *lists, list, [](const KeyUse&) { return true; });
}

Answer expiring(Instance& instance, const Call& call) {
  const auto within = duration_parameter(call, "within", kSoon);
  if (!within) return within.error();
  const auto lists = instance.key_watch().latest_lists();
  const auto end = (instance.clock().now() + *within).time_since_epoch().count();
  return answer(instance, call, *lists, lists->expiring,
                [&](const KeyUse& use) { return use.meta.fresh_until_ms <= end; });
}

}  // namespace

void add_key_lists_calls(Router& router, Instance& instance) {
  const auto add = [&](std::string pattern, Answer (*handler)(Instance&, const Call&), CallDoc doc) {
    doc.answer = "KeyUses";
    doc.parameters.push_back({"limit", "how many at most"});
    auto run = [&instance, handler](const Call& call) { return handler(instance, call); };
    router.add({http::Method::get, std::move(pattern), {}, std::move(run), Runs::in_pool, std::move(doc)});
  };
  add("/api/v1/keys/low-hit-rate", low_hit_rate,
      {.summary = "keys that are asked for often and seldom hit", .parameters = {{"below", "percent"}}});
  add("/api/v1/keys/top", top,
      {.summary = "the keys that are used most", .parameters = {{"by", "hits, bytes or saved"}}});
  add("/api/v1/keys/expiring", expiring,
      {.summary = "keys near the end of their life",
       .parameters = {{"within", "a duration; 5m where it is left out"}}});
}

}  // namespace cachearr::admin
