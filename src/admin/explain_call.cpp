// GET /api/v1/explain: the decision as data. Shows the key, never the URL: in a key the secrets are masked by
// construction.
#include <chrono>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/explain.hpp"
#include "admin/rule_json.hpp"
#include "admin/ttl_json.hpp"
#include "base/iso_time.hpp"
#include "base/text.hpp"
#include "caching/storing.hpp"
#include "fetch/admission_permit.hpp"
#include "fetch/response_plan.hpp"
#include "http/cache_status.hpp"
#include "http/token.hpp"
#include "pipeline/sharing.hpp"
#include "upkeep/upstream_status.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using pipeline::Disposition;
using pipeline::RequestContext;

constexpr std::chrono::seconds kTierTime{3};

std::string_view name_of(const RequestContext& context) noexcept {
  switch (context.disposition) {
    case Disposition::refuse: return "refuse";
    case Disposition::hit: return "serve";
    case Disposition::stale_hit: return context.refresh ? "serve-and-refresh" : "serve";
    case Disposition::revalidate: return "validate";
    case Disposition::fetch: return "fetch";
    case Disposition::tunnel: return "tunnel";
    case Disposition::pass: break;
  }
  return "bypass";
}

/// In a sentence, for people.
std::string_view meaning_of(const RequestContext& context) noexcept {
  switch (context.disposition) {
    case Disposition::refuse: return "the request is answered with an error";
    case Disposition::hit: return "the stored answer is served";
    case Disposition::stale_hit:
      return context.refresh ? "the stored answer is served and refreshed in the background"
                             : "the stored answer is served";
    case Disposition::revalidate: return "the stored answer has to be confirmed by the upstream first";
    case Disposition::fetch: return "nothing usable is stored: the upstream is asked";
    case Disposition::tunnel: return "bytes are relayed unseen";
    case Disposition::pass: break;
  }
  return "the request goes to the upstream without the cache";
}

Json stored_json(const ExplainResult& result) {
  const auto& context = result.context;
  if (!context.entry) return nullptr;
  const auto& meta = context.entry->meta;
  Json json = {{"status", meta.status},
               {"age", caching::age_at(meta, context.now)},
               {"ttl", caching::ttl_at(meta, context.now)},
               {"lifetime", (meta.fresh_until_ms - meta.born_ms) / 1000},
               {"lifetimeSource", lifetime_source(*context.entry, context.verdict.rule)},
               {"bytes", context.entry->head().size() + context.entry->body().size()},
               {"hits", context.entry->hits()},
               {"tier", result.context.from_disk ? "disk" : "memory"}};
  if ((meta.flags & caching::kInvalidated) != 0) json["invalidated"] = true;
  return json;
}

std::string cache_status(const RequestContext& context) {
  http::CacheStatus status;
  status.hit = context.is_served();
  status.forward = status.hit ? http::Forward::none : context.forward;
  if (status.hit) status.ttl = caching::ttl_at(context.entry->meta, context.now);
  status.key = context.key.key;
  status.detail = context.detail;
  std::string text;
  http::append(text, status);
  return text;
}

/// When this request could go upstream, and when it first has to.
Json limit_json(Instance& instance, const RequestContext& context) {
  auto* const admission = instance.proxy().admission();
  if (!admission) return nullptr;
  const auto now = admission->now();
  const auto name = fetch::limiter_key_of(context);
  const auto limiter = admission->registry().limiter(name.upstream, name.credential, now);
  const auto availability =
      limiter->earliest(now, fetch::priority_of(context, false), context.verdict.counts_as_grab());
  const auto pause = limiter->cooldown_until(now, context.verdict.counts_as_grab());
  const bool at_once = availability.why == limit::Why::nothing;
  const auto mode = context.snapshot->modes->of(context.verdict.upstream);
  auto next = availability.at;
  if (context.disposition == Disposition::hit)
    next = std::max(next, TimePoint{Duration{context.entry->meta.fresh_until_ms}});
  return {{"mode", upkeep::name_of(mode)},
          {"wait", at_once ? 0 : upkeep::seconds_until(availability.at, now)},
          {"why", at_once ? Json(nullptr) : Json(to_words(availability.why))},
          {"cooldownUntil", pause ? Json(iso_time(*pause)) : Json(nullptr)},
          {"nextRefresh", mode == rules::UpstreamMode::offline ? Json(nullptr) : Json(iso_time(std::max(next, now)))}};
}

/// What makes an upstream one that instances share, or each one's own.
std::string_view why_shared(const RequestContext& context) noexcept {
  const auto* const upstream = context.verdict.upstream;
  if (upstream && upstream->shared) return "a rule says so";
  return pipeline::is_shared(context) ? "its address means the same everywhere" : "its address is in a private network";
}

/// What lies in the tier for this answer; nothing of it where the tier says nothing.
Json found_json(shared::Tier& tier, const RequestContext& context) {
  auto answer = std::make_shared<std::promise<shared::Seen>>();
  auto arrived = answer->get_future();
  tier.look(context.variant.identity, [answer](const shared::Seen& seen) { answer->set_value(seen); });
  if (arrived.wait_for(kTierTime) != std::future_status::ready) return nullptr;
  const auto seen = arrived.get();
  if (!seen.answered) return nullptr;
  return {{"there", seen.found},
          {"notBelieved", seen.fault.empty() ? Json(nullptr) : Json(seen.fault)},
          {"freshUntil", seen.found ? Json(iso_time(seen.fresh_until)) : Json(nullptr)},
          {"staleUntil", seen.found ? Json(iso_time(seen.useless_after)) : Json(nullptr)},
          {"fetchedBy", seen.holder.empty() ? Json(nullptr) : Json(seen.holder)}};
}

/// Whose limits hold for this request, and what was left of them at the last answer.
Json shared_limits_json(Instance& instance, const RequestContext& context) {
  auto* const admission = instance.proxy().admission();
  const auto* const budget = instance.shared_budget();
  Json json = {{"mode", "own"}};
  if (!admission || !budget) return json;
  const auto name = fetch::limiter_key_of(context);
  const auto limiter = admission->registry().limiter(name.upstream, name.credential, admission->now());
  for (const auto& lane : budget->status()) {
    if (lane.limiter != limiter.get()) continue;
    return {{"mode", state_of(lane)},
            {"members", lane.members},
            {"tokens", lane.tokens ? Json(*lane.tokens) : Json(nullptr)},
            {"quotasLeft", lane.left}};
  }
  json["mode"] = "not used yet";
  return json;
}

/// Null: this instance shares nothing.
Json instances_json(Instance& instance, const RequestContext& context) {
  auto* const tier = instance.shared_tier();
  if (!tier) return nullptr;
  const bool is_shared = pipeline::is_shared(context);
  Json json = {{"applies", is_shared}, {"why", why_shared(context)}};
  if (!is_shared) return json;
  json["record"] = found_json(*tier, context);
  json["limits"] = shared_limits_json(instance, context);
  return json;
}

Json explanation(Instance& instance, const ExplainResult& result) {
  const auto& context = result.context;
  const auto* const upstream = context.route.upstream;
  const auto* const rule = context.verdict.rule;
  Json json = {{"upstream", upstream ? Json(upstream->name) : Json(nullptr)},
               {"rule", rule ? Json(rule->name) : Json(nullptr)}};
  if (context.disposition == Disposition::refuse && context.key.key.empty()) {
    json["decision"] = name_of(context);
    json["meaning"] = meaning_of(context);
    json["status"] = context.refusal.status;
    json["why"] = context.refusal.detail;
    return json;
  }
  const auto& route = context.route;
  json["key"] = context.key.key;
  json["partition"] = context.key.identity.starts_with("-\n") ? "shared" : "credential";
  json["origin"] =
      route.connect_scheme + "://" + http::authority_of(route.connect_scheme, route.connect_host, route.connect_port);
  add_rule_verdict(context, json);
  json["decision"] = name_of(context);
  json["meaning"] = meaning_of(context);
  const auto forward = http::name_of(context.forward);
  json["forward"] = forward.empty() || context.forward == http::Forward::none ? Json(nullptr) : Json(forward);
  json["detail"] = context.detail.empty() ? Json(nullptr) : Json(context.detail);
  if (context.disposition == Disposition::refuse) {
    json["status"] = context.refusal.status;
    json["why"] = context.refusal.detail;
  }
  if (context.hit_for_miss) json["remembered"] = "the last answer could not be stored";
  json["variesBy"] = context.variant.varies_by.empty() ? Json(nullptr) : Json(context.variant.varies_by);
  json["cacheStatus"] = cache_status(context);
  json["stored"] = stored_json(result);
  json["limit"] = limit_json(instance, context);
  json["shared"] = instances_json(instance, context);
  return json;
}

/// "Name: value" of each header parameter; none where one is no field.
std::optional<std::vector<std::pair<std::string, std::string>>> fields_of(const Call& call) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const auto& [name, value] : call.query) {
    if (name != "header") continue;
    const auto colon = value.find(':');
    if (colon == std::string::npos || colon == 0 || value.find_first_of("\r\n") != std::string::npos)
      return std::nullopt;
    fields.emplace_back(value.substr(0, colon), text::trim(std::string_view{value}.substr(colon + 1)));
  }
  return fields;
}

Answer answer(Instance& instance, const Call& call) {
  ExplainRequest request;
  request.url = call.parameter("url");
  if (request.url.empty()) return problem(400, "say which URL: ?url=https%3A%2F%2Fexample.org%2F");
  if (call.has_value("method")) request.method = call.parameter("method");
  if (!http::is_token(request.method)) return problem(400, "the method is no name of one");
  if (request.method == "CONNECT")
    return problem(400, "a tunnel is decided by what is asked inside it: ask with the URL of that, https://HOST/...");
  auto fields = fields_of(call);
  if (!fields) return problem(400, "a header parameter is written as Name: value");
  request.fields = std::move(*fields);
  const auto result = explain(instance, std::move(request));
  if (!result) return problem(503, result.error().what);
  return json_answer(explanation(instance, **result));
}

}  // namespace

void add_explain_call(Router& router, Instance& instance) {
  router.add({http::Method::get,
              "/api/v1/explain",
              {},
              [&instance](const Call& call) { return answer(instance, call); },
              Runs::in_pool,
              {.summary = "what would be done with a request; nothing is sent",
               .parameters = {{"url", "whole", true},
                              {"method", "GET where it is left out"},
                              {"header", "Name: value; again and again"}},
               .answer = "Explanation"}});
}

}  // namespace cachearr::admin
