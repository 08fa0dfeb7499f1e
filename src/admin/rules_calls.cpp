// Calls about rules and configuration: what is in force, what a file would be, and reading everything again.
#include <nlohmann/json.hpp>
#include <set>

#include "admin/calls.hpp"
#include "admin/rule_files.hpp"
#include "admin/rule_json.hpp"
#include "base/redact.hpp"
#include "http/target.hpp"
#include "rules/compiled.hpp"
#include "rules/load/load.hpp"
#include "rules/shadow.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json rules_of_upstream(const rules::Upstream& upstream) {
  Json json = {{"name", upstream.name}, {"hosts", upstream.hosts}, {"origin", nullptr}};
  if (!upstream.origin_host.empty())
    json["origin"] = upstream.origin_scheme + "://" +
                     http::authority_of(upstream.origin_scheme, upstream.origin_host, upstream.origin_port) +
                     redact_path(upstream.origin_path);
  json["mount"] = text_or_null(upstream.mount);
  json["intercept"] = upstream.intercept;
  json["share"] = upstream.share_all ? "all" : upstream.share_named ? "named" : "none";
  json["proxy"] = text_or_null(redact_url(upstream.proxy));
  json["verifies"] = upstream.tls_verify;
  return json;
}

/// What a rule is asked about.
std::string_view purpose_of(const rules::Rule::Compiled& rule) {
  if (!rule.events.empty()) return "events";
  if (!rule.webhooks.empty()) return "webhooks";
  return rule.writes ? "writes" : "requests";
}

/// What it did since the start; a rule for events is counted by its feed.
void add_uses(const metrics::RuleCounts& counts, const rules::Rule& rule, const rules::Rule* shadow, Json& json) {
  const auto at = counts.find({rule.upstream->name, rule.name});
  const auto count = at == counts.end() ? metrics::RuleCount{} : at->second;
  json["matched"] = rule.compiled->is_for_requests() ? Json(count.matched) : Json(nullptr);
  json["hits"] = rule.compiled->is_for_requests() ? Json(count.hits) : Json(nullptr);
  json["shadowedBy"] = shadow ? Json(shadow->name) : Json(nullptr);
}

Json rule_json(const rules::Rule& rule) {
  Json json = {{"name", rule.name}, {"upstream", rule.upstream->name}, {"type", text_or_null(rule.type)}};
  json["policy"] = policy_name(rule.policy.mode);
  json["ttl"] = seconds_or_null(rule.policy.ttl);
  json["key"] = text_or_null(rule.key_template);
  json["stale"] = stale_windows(rule.policy);
  json["tags"] = rule.tags;
  json["invalidates"] = !rule.invalidate.empty();
  json["for"] = purpose_of(*rule.compiled);
  json["file"] = rule.at.file;
  json["line"] = rule.at.line;
  return json;
}

Answer list_rules(Instance& instance) {
  const auto snapshot = instance.snapshot();
  const auto& set = *snapshot->rules;
  Json files = Json::array(), upstreams = Json::array(), list = Json::array();
  std::set<std::string_view> seen;
  const auto counts = instance.proxy().metrics().rule_counts();
  const auto shadowed_by = rules::shadows(set);
  for (const auto& rule : set.rules()) {
    if (seen.insert(rule->at.file).second) files.push_back(rule->at.file);
    list.push_back(rule_json(*rule));
    add_uses(counts, *rule, shadowed_by[rule->index], list.back());
  }
  for (const auto& upstream : set.upstreams()) upstreams.push_back(rules_of_upstream(*upstream));
  return json_answer({{"paths", snapshot->settings->config.rules},
                      {"files", std::move(files)},
                      {"upstreams", std::move(upstreams)},
                      {"rules", std::move(list)}});
}

/// By itself, or in its place among all others.
Answer validate(Instance& instance, const Call& call) {
  Problems problems;
  const auto file = call.parameter("file");
  if (call.has_value("file") && !is_rule_file_name(file))
    return problem(400, "file is the name of a rules file, such as my-rules.json");
  const auto loaded =
      file.empty()
          ? rules::load_text(call.body, "body", problems)
          : instance.rules_with(
                {{path_of_rule_file(instance.snapshot()->settings->config, file), std::string{call.body}}}, problems);
  return json_answer({{"valid", loaded != nullptr && problems.empty()}, {"problems", problems_json(problems)}});
}

Answer reload(Instance& instance) {
  const auto outcome = instance.reload();
  return json_answer(
      {{"taken", outcome.taken}, {"changes", outcome.changes}, {"problems", problems_json(outcome.problems)}},
      outcome.taken ? 200 : 422);
}

}  // namespace

void add_rules_calls(Router& router, Instance& instance) {
  using http::Method;
  constexpr Needs changes{Access::key, Effect::json};
  const auto add = [&](Method method, std::string pattern, Needs needs, Handler handler, CallDoc doc) {
    router.add({method, std::move(pattern), needs, std::move(handler), Runs::in_pool, std::move(doc)});
  };
  add(Method::get, "/api/v1/rules", {}, [&instance](const Call&) { return list_rules(instance); },
      {.summary = "the rules that are in force", .answer = "Rules"});
  add(Method::post, "/api/v1/rules/validate", changes,
      [&instance](const Call& call) { return validate(instance, call); },
      {.summary = "what is wrong with a rules file; nothing changes",
       .parameters = {{"file", "the name it is meant for: it is judged together with the user's other files"}},
       .answer = "Validation",
       .body = "RulesFile"});
  add(Method::post, "/api/v1/reload", changes, [&instance](const Call&) { return reload(instance); },
      {.summary = "reads configuration and rules again", .answer = "Reload", .body = "Nothing", .failures = {422}});
}

}  // namespace cachearr::admin
