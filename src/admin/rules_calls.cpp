// Calls about rules and configuration: what is in force, what a file would be, and reading everything again.
#include <nlohmann/json.hpp>
#include <set>

#include "admin/calls.hpp"
#include "admin/rule_json.hpp"
#include "base/redact.hpp"
#include "http/target.hpp"
#include "rules/load/load.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;

Json problems_json(const Problems& problems) {
  Json list = Json::array();
  for (const auto& problem : problems)
    list.push_back({{"file", problem.at.file},
                    {"line", problem.at.line},
                    {"column", problem.at.column},
                    {"message", problem.message}});
  return list;
}

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

Json rule_json(const rules::Rule& rule) {
  Json json = {{"name", rule.name}, {"upstream", rule.upstream->name}, {"type", text_or_null(rule.type)}};
  json["policy"] = policy_name(rule.policy.mode);
  json["ttl"] = seconds_or_null(rule.policy.ttl);
  json["key"] = text_or_null(rule.key_template);
  json["stale"] = stale_windows(rule.policy);
  json["tags"] = rule.tags;
  json["invalidates"] = !rule.invalidate.empty();
  json["file"] = rule.at.file;
  json["line"] = rule.at.line;
  return json;
}

Answer list_rules(Instance& instance) {
  const auto snapshot = instance.snapshot();
  const auto& set = *snapshot->rules;
  Json files = Json::array(), upstreams = Json::array(), list = Json::array();
  std::set<std::string_view> seen;
  for (const auto& rule : set.rules()) {
    if (seen.insert(rule->at.file).second) files.push_back(rule->at.file);
    list.push_back(rule_json(*rule));
  }
  for (const auto& upstream : set.upstreams()) upstreams.push_back(rules_of_upstream(*upstream));
  return json_answer({{"paths", snapshot->settings->config.rules},
                      {"files", std::move(files)},
                      {"upstreams", std::move(upstreams)},
                      {"rules", std::move(list)}});
}

Answer validate(const Call& call) {
  Problems problems;
  const auto loaded = rules::load_text(call.body, "body", problems);
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
  add(Method::post, "/api/v1/rules/validate", changes, validate,
      {.summary = "what is wrong with a rules file; nothing changes", .answer = "Validation", .body = "RulesFile"});
  add(Method::post, "/api/v1/reload", changes, [&instance](const Call&) { return reload(instance); },
      {.summary = "reads configuration and rules again", .answer = "Reload", .body = "Nothing", .failures = {422}});
}

}  // namespace cachearr::admin
