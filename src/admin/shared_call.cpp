// GET /api/v1/shared: the tier that instances share, and who they are.
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "base/iso_time.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;

std::string_view state_of(const shared::TierStatus& status) noexcept {
  if (status.ready) return "ready";
  return status.up ? "catching-up" : "away";
}

/// This instance needs no Redis to know that it is alive, so its time is the one to compare the others' with.
Json members_json(const shared::TierStatus& status, TimePoint now) {
  Json members = Json::array();
  for (const auto& member : status.members)
    members.push_back({{"name", member.name},
                       {"address", member.address},
                       {"version", member.version},
                       {"rules", member.rules},
                       {"seen", iso_time(member.is_self ? now : member.seen)},
                       {"self", member.is_self}});
  return members;
}

Json counts_json(const shared::TierCounts& counts) {
  return {{"hits", counts.hits},     {"misses", counts.misses},     {"timeouts", counts.timeouts},
          {"late", counts.late},     {"waits", counts.waits},       {"written", counts.written},
          {"waited", counts.waited}, {"rejected", counts.rejected}, {"dropped", counts.dropped}};
}

Json sweep_json(const shared::SweepStatus& sweep) {
  return {{"running", sweep.runs},
          {"sweeps", sweep.sweeps},
          {"removed", sweep.removed},
          {"lastAt", sweep.at == TimePoint{} ? Json(nullptr) : Json(iso_time(sweep.at))},
          {"lastMs", sweep.took.count()},
          {"lastSeen", sweep.last_seen},
          {"lastRemoved", sweep.last_removed}};
}

/// Null: all is as it should be.
Json problem_of(const shared::TierStatus& status) {
  if (!status.problem.empty()) return status.problem;
  return status.refusals.empty() ? Json(nullptr) : Json(status.refusals.front());
}

Json shared_json(const shared::TierStatus& status, TimePoint now) {
  const auto percent = status.max_bytes == 0 ? 0 : status.used_bytes * 100 / status.max_bytes;
  return {{"enabled", true},
          {"state", state_of(status)},
          {"problem", problem_of(status)},
          {"server", status.server},
          {"software", status.software},
          {"version", status.version},
          {"mode", status.mode},
          {"instance", status.instance},
          {"breaker", status.breaker_open ? "open" : "closed"},
          {"roundTripMicroseconds", status.round_trip.count()},
          {"clockOffsetMs", status.offset.count()},
          {"lagMs", status.lag.count()},
          {"memory",
           {{"bytes", status.used_bytes},
            {"maxBytes", status.max_bytes},
            {"percent", percent},
            {"policy", status.eviction}}},
          {"records", counts_json(status.counts)},
          {"invalidations",
           {{"sent", status.counts.sent},
            {"received", status.counts.received},
            {"waiting", status.outbox},
            {"ordinal", status.ordinal},
            {"gaps", status.counts.gaps}}},
          {"sweep", sweep_json(status.sweep)},
          {"members", members_json(status, now)}};
}

/// Null: the limits are each instance's own.
Json limits_json(const shared::Budget* budget) {
  Json limits = Json::array();
  if (!budget) return limits;
  for (const auto& lane : budget->status())
    limits.push_back({{"upstream", lane.upstream},
                      {"state", state_of(lane)},
                      {"members", lane.members},
                      {"draws", lane.draws},
                      {"tokens", lane.tokens ? Json(*lane.tokens) : Json(nullptr)},
                      {"quotasLeft", lane.left}});
  return limits;
}

}  // namespace

void add_shared_call(Router& router, Instance& instance) {
  auto answer_with_status = [&instance](const Call&) {
    const auto* const tier = instance.shared_tier();
    if (tier) {
      auto answer = shared_json(tier->status(), instance.clock().now());
      answer["limits"] = limits_json(instance.shared_budget());
      return json_answer(answer);
    }
    const auto problem = instance.shared_problem();
    return json_answer({{"enabled", false},
                        {"state", "off"},
                        {"problem", problem.empty() ? Json(nullptr) : Json(problem)},
                        {"members", Json::array()}});
  };
  router.add({http::Method::get,
              "/api/v1/shared",
              {},
              std::move(answer_with_status),
              Runs::on_loop,
              {.summary = "the Redis that instances share, and who they are", .answer = "Shared"}});
  auto start_a_sweep = [&instance](const Call&) {
    auto* const tier = instance.shared_tier();
    if (!tier) return problem(409, "nothing is shared with other instances");
    if (!tier->sweep()) return problem(503, "the Redis is away, or not up to date yet");
    return json_answer({{"started", true}}, 202);
  };
  router.add({http::Method::post,
              "/api/v1/shared/sweep",
              {.effect = Effect::json},
              std::move(start_a_sweep),
              Runs::on_loop,
              {.summary = "removes from the Redis what was invalidated",
               .answer = "SweepStarted",
               .failures = {409, 503},
               .successes = {202}}});
}

}  // namespace cachearr::admin
