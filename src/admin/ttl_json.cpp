#include "admin/ttl_json.hpp"

#include "admin/rule_json.hpp"
#include "caching/policy.hpp"
#include "fetch/response_plan.hpp"
#include "http/message.hpp"
#include "rules/inspect.hpp"

namespace cachearr::admin {

using Json = nlohmann::ordered_json;
using pipeline::RequestContext;

namespace {

std::string ttl_by_content(const store::Entry& entry, const rules::Rule& rule) {
  http::ResponseHead head;
  if (rule.ttl_from.empty() || !http::parse_stored_head(entry.head(), head)) return {};
  const auto coding = head.fields.joined(http::FieldId::content_encoding);
  return rules::inspect_body(rule, coding, entry.body(), TimePoint{Duration{entry.meta.stored_ms}}).ttl_because;
}

/// Which lifetime a new answer gets from the rule, and how firm the rule is about it.
std::string source_by_policy(const caching::Policy& policy) noexcept {
  if (policy.mode == caching::Mode::never) return "never stored";
  if (!policy.from_rule || !policy.ttl) return "origin";
  switch (policy.mode) {
    case caching::Mode::override_: return "rule";
    case caching::Mode::floor: return "origin, at least the rule's";
    case caching::Mode::ceiling: return "origin, at most the rule's";
    default: return "origin, else the rule's";
  }
}

std::string what_bends_ttl(const RequestContext& context, const caching::Policy& policy) {
  const auto* const rule = context.verdict.rule;
  if (!rule) return {};
  const bool by_feed = rule->ttl_with_events && context.snapshot->feeds->of(*rule->upstream)->covers(context.now);
  const auto given = by_feed ? rule->ttl_with_events : rule->policy.ttl;
  return std::string{by_feed ? ", while the feed of events is up" : ""} +
         (policy.ttl != given ? ", halved by the optimizer" : "");
}

}  // namespace

void add_ttl_choices(const rules::Rule& rule, Json& json) {
  if (!rule.ttl_from.empty()) {
    Json list = Json::array();
    for (const auto& from : rule.ttl_from)
      list.push_back({{"when", rules::words_of(from.when)}, {"ttl", seconds_or_null(from.ttl)}});
    json["ttlFrom"] = std::move(list);
  }
  if (rule.learn_min && rule.learn_max)
    json["ttlLearned"] = {{"min", seconds_or_null(rule.learn_min)}, {"max", seconds_or_null(rule.learn_max)}};
  if (rule.ttl_with_events) json["ttlWithEvents"] = seconds_or_null(rule.ttl_with_events);
}

void add_rule_verdict(const RequestContext& context, Json& json) {
  const auto* const rule = context.verdict.rule;
  json["type"] = rule && !rule->type.empty() ? Json(rule->type) : Json(nullptr);
  const caching::Policy none;
  const auto policy = rule ? fetch::policy_of(context, context.now) : none;
  json["policy"] = rule ? Json(policy_name(policy.mode)) : Json("RFC 9111");
  json["ttl"] = seconds_or_null(policy.mode == caching::Mode::never ? std::nullopt : policy.ttl);
  json["ttlSource"] = source_by_policy(policy) + what_bends_ttl(context, policy);
  if (rule && policy.mode != caching::Mode::never) add_ttl_choices(*rule, json);
  if (!policy.ttl_status.empty()) {
    Json by_status = Json::object();
    for (const auto& [status, ttl] : policy.ttl_status) by_status[std::to_string(status)] = seconds_or_null(ttl);
    json["ttlByStatus"] = std::move(by_status);
  }
  json["stale"] = stale_windows(policy);
  if (rule && !rule->tags.empty()) json["tags"] = rules::tags_of(*rule, context.captures);
}

std::string lifetime_source(const store::Entry& entry, const rules::Rule* rule) {
  const auto flags = entry.meta.flags;
  if ((flags & caching::kFromRule) == 0) return (flags & caching::kHeuristic) != 0 ? "heuristic" : "origin";
  if (!rule) return "rule";
  if (auto words = ttl_by_content(entry, *rule); !words.empty()) return words;
  const auto lifetime = entry.meta.fresh_until_ms - entry.meta.stored_ms;
  const bool learned = rule->learn_min && rule->policy.ttl && lifetime != rule->policy.ttl->count();
  return learned ? "learned" : "rule";
}

}  // namespace cachearr::admin
