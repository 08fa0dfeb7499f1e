// GET /api/v1/explain: the decision as data. Shows the key, never the URL: in a key the secrets are masked by
// construction.
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/inquiry.hpp"
#include "admin/rule_words.hpp"
#include "admin/upstream_words.hpp"
#include "base/text.hpp"
#include "caching/storing.hpp"
#include "http/cache_status.hpp"
#include "proxy/turn.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using proxy::Considered;
using proxy::Course;

std::string_view name_of(Course course) noexcept {
  switch (course) {
    case Course::refuse: return "refuse";
    case Course::serve: return "serve";
    case Course::serve_and_refresh: return "serve-and-refresh";
    case Course::validate: return "validate";
    case Course::fetch: return "fetch";
    case Course::bypass: break;
  }
  return "bypass";
}

/// In a sentence, for people.
std::string_view meaning_of(Course course) noexcept {
  switch (course) {
    case Course::refuse: return "the request is answered with an error";
    case Course::serve: return "the stored answer is served";
    case Course::serve_and_refresh: return "the stored answer is served and refreshed in the background";
    case Course::validate: return "the stored answer has to be confirmed by the upstream first";
    case Course::fetch: return "nothing usable is stored: the upstream is asked";
    case Course::bypass: break;
  }
  return "the request goes to the upstream without the cache";
}

/// Which lifetime a new answer gets from the rule, and how firm the rule is about it.
std::string_view source_by_policy(const caching::Policy& policy) noexcept {
  if (policy.mode == caching::Mode::never) return "never stored";
  if (!policy.from_rule || !policy.ttl) return "origin";
  switch (policy.mode) {
    case caching::Mode::override_: return "rule";
    case caching::Mode::floor: return "origin, at least the rule's";
    case caching::Mode::ceiling: return "origin, at most the rule's";
    default: return "origin, else the rule's";
  }
}

std::string_view source_of(const caching::EntryMeta& meta) noexcept {
  if ((meta.flags & caching::kFromRule) != 0) return "rule";
  return (meta.flags & caching::kHeuristic) != 0 ? "heuristic" : "origin";
}

Json stored_json(const Finding& finding) {
  const auto& known = finding.known;
  if (!known.entry) return nullptr;
  const auto& meta = known.entry->meta;
  Json json = {{"status", meta.status},
               {"age", caching::age_at(meta, known.now)},
               {"ttl", caching::ttl_at(meta, known.now)},
               {"lifetime", (meta.fresh_until_ms - meta.born_ms) / 1000},
               {"lifetimeSource", source_of(meta)},
               {"bytes", known.entry->head().size() + known.entry->body().size()},
               {"hits", known.entry->hits()},
               {"tier", finding.on_disk ? "disk" : "memory"}};
  if ((meta.flags & caching::kInvalidated) != 0) json["invalidated"] = true;
  return json;
}

std::string cache_status(const Considered& known) {
  http::CacheStatus status;
  status.hit = known.course == Course::serve || known.course == Course::serve_and_refresh;
  status.forward = status.hit ? http::Forward::none : known.forward;
  if (status.hit) status.ttl = caching::ttl_at(known.entry->meta, known.now);
  status.key = known.key.key;
  status.detail = known.detail;
  std::string text;
  http::append(text, status);
  return text;
}

void add_rule(const Considered& known, Json& json) {
  const auto* const rule = known.verdict.rule;
  json["type"] = rule && !rule->type.empty() ? Json(rule->type) : Json(nullptr);
  const caching::Policy none;
  const auto& policy = rule ? rule->policy : none;
  json["policy"] = rule ? Json(policy_name(policy.mode)) : Json("RFC 9111");
  json["ttl"] = seconds_or_null(policy.mode == caching::Mode::never ? std::nullopt : policy.ttl);
  json["ttlSource"] = source_by_policy(policy);
  if (!policy.ttl_status.empty()) {
    Json by_status = Json::object();
    for (const auto& [status, ttl] : policy.ttl_status) by_status[std::to_string(status)] = seconds_or_null(ttl);
    json["ttlByStatus"] = std::move(by_status);
  }
  json["stale"] = stale_windows(policy);
  if (rule && !rule->tags.empty()) json["tags"] = rules::tags_of(*rule, known.captures);
}

std::string_view mode_of(const rules::Upstream* upstream) noexcept {
  if (!upstream || upstream->mode == rules::UpstreamMode::live) return "live";
  return upstream->mode == rules::UpstreamMode::offline ? "offline" : "prefer-cache";
}

/// When this request could go upstream, and when it first has to.
Json limit_json(Instance& instance, const Considered& known) {
  auto* const turnstile = instance.front().services().turnstile;
  if (!turnstile) return nullptr;
  const auto now = turnstile->now();
  const auto name = proxy::lane_of(known);
  const auto lane = turnstile->registry().lane(name.upstream, name.credential, now);
  const auto gate = lane->earliest(now, proxy::priority_of(known, false));
  const auto pause = lane->cooldown_until(now);
  const bool at_once = gate.why == limit::Why::nothing;
  auto next = gate.at;
  if (known.course == Course::serve) next = std::max(next, TimePoint{Duration{known.entry->meta.fresh_until_ms}});
  return {{"mode", mode_of(known.verdict.upstream)},
          {"wait", at_once ? 0 : seconds_until(gate.at, now)},
          {"why", at_once ? Json(nullptr) : Json(to_words(gate.why))},
          {"cooldownUntil", pause ? Json(iso_time(*pause)) : Json(nullptr)},
          {"nextRefresh",
           mode_of(known.verdict.upstream) == "offline" ? Json(nullptr) : Json(iso_time(std::max(next, now)))}};
}

Json explanation(Instance& instance, const Finding& finding) {
  const auto& known = finding.known;
  const auto* const upstream = known.route.upstream;
  const auto* const rule = known.verdict.rule;
  Json json = {{"upstream", upstream ? Json(upstream->name) : Json(nullptr)},
               {"rule", rule ? Json(rule->name) : Json(nullptr)}};
  if (known.course == Course::refuse && known.key.key.empty()) {
    json["decision"] = name_of(known.course);
    json["meaning"] = meaning_of(known.course);
    json["status"] = known.refused.status;
    json["why"] = known.refused.detail;
    return json;
  }
  const auto& route = known.route;
  json["key"] = known.key.key;
  json["partition"] = known.key.identity.starts_with("-\n") ? "shared" : "credential";
  json["origin"] =
      route.connect_scheme + "://" + http::authority_of(route.connect_scheme, route.connect_host, route.connect_port);
  add_rule(known, json);
  json["decision"] = name_of(known.course);
  json["meaning"] = meaning_of(known.course);
  const auto forward = http::name_of(known.forward);
  json["forward"] = forward.empty() || known.forward == http::Forward::none ? Json(nullptr) : Json(forward);
  json["detail"] = known.detail.empty() ? Json(nullptr) : Json(known.detail);
  if (known.course == Course::refuse) json["why"] = known.refused.detail;
  if (known.hit_for_miss) json["remembered"] = "the last answer could not be stored";
  json["variesBy"] = known.varies_by.empty() ? Json(nullptr) : Json(known.varies_by);
  json["cacheStatus"] = cache_status(known);
  json["stored"] = stored_json(finding);
  json["limit"] = limit_json(instance, known);
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

Answer explain(Instance& instance, const Call& call) {
  Question question;
  question.url = call.parameter("url");
  if (question.url.empty()) return problem(400, "say which URL: ?url=https%3A%2F%2Fexample.org%2F");
  if (call.has_parameter("method")) question.method = call.parameter("method");
  auto fields = fields_of(call);
  if (!fields) return problem(400, "a header parameter is written as Name: value");
  question.fields = std::move(*fields);
  const auto finding = find_out(instance, std::move(question));
  if (!finding) return problem(503, finding.error().what);
  return json_answer(explanation(instance, **finding));
}

}  // namespace

void add_explain_call(Router& router, Instance& instance) {
  router.add(
      {http::Method::get, "/api/v1/explain", {}, [&instance](const Call& call) { return explain(instance, call); }});
}

}  // namespace cachearr::admin
