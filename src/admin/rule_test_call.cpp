// POST /api/v1/rules/test: what the rules make of a request and of an answer to it, both given in words. Nothing is
// sent, and nothing is stored.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/explain.hpp"
#include "admin/rule_files.hpp"
#include "admin/rule_json.hpp"
#include "admin/ttl_json.hpp"
#include "caching/storing.hpp"
#include "fetch/inspection.hpp"
#include "fetch/response_plan.hpp"
#include "rules/inspect.hpp"
#include "rules/load/load.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using HeaderPairs = std::vector<std::pair<std::string, std::string>>;

/// What is asked, as its JSON says it.
struct RuleQuestion {
  ExplainRequest request;
  std::string draft;  // empty: by what is in force
  std::string file;   // which the draft is meant for; empty: it stands in for all files
  bool has_answer = false;
  int status = 200;
  HeaderPairs fields;  // of the answer
  std::string body;
};

/// False where a member is no object of texts.
bool read_header_pairs(const Json& json, const char* name, HeaderPairs& into) {
  if (!json.contains(name)) return true;
  if (!json[name].is_object()) return false;
  for (const auto& [field, value] : json[name].items()) {
    if (!value.is_string() || field.empty()) return false;
    into.emplace_back(field, value.get<std::string>());
  }
  return true;
}

bool is_text_or_left_out(const Json& json, const char* name) { return !json.contains(name) || json[name].is_string(); }

/// The error: what is wrong with it, for people.
Result<RuleQuestion> read_question(std::string_view body) {
  const auto json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return Error{"a JSON object is expected"};
  for (const auto& [name, value] : json.items()) {
    constexpr std::array<std::string_view, 8> known{"url",  "method", "headers", "status", "responseHeaders",
                                                    "body", "rules",  "file"};
    if (std::find(known.begin(), known.end(), name) == known.end()) return Error{"there is no member \"" + name + "\""};
  }
  RuleQuestion question;
  for (const char* const name : {"url", "method", "body", "file"})
    if (!is_text_or_left_out(json, name)) return Error{"\"" + std::string{name} + "\" is a text"};
  question.request.url = json.value("url", std::string{});
  question.request.method = json.value("method", std::string{"GET"});
  if (question.request.url.empty()) return Error{"say which URL: {\"url\": \"https://example.org/\"}"};
  if (!read_header_pairs(json, "headers", question.request.fields) ||
      !read_header_pairs(json, "responseHeaders", question.fields))
    return Error{"\"headers\" and \"responseHeaders\" are objects of texts"};
  question.has_answer = json.contains("status") || json.contains("body") || json.contains("responseHeaders");
  if (json.contains("status") && !json["status"].is_number_unsigned()) return Error{"\"status\" is a number"};
  question.status = json.value("status", 200);
  if (question.status < 200 || question.status > 599) return Error{"\"status\" is from 200 to 599"};
  question.body = json.value("body", std::string{});
  if (json.contains("rules"))
    question.draft = json["rules"].is_string() ? json["rules"].get<std::string>() : json["rules"].dump();
  question.file = json.value("file", std::string{});
  if (!question.file.empty() && !is_rule_file_name(question.file))
    return Error{"\"file\" is the name of a rules file, such as my-rules.json"};
  return question;
}

std::string_view name_of(fetch::Inspection::Kind kind) noexcept {
  constexpr std::array<std::string_view, 3> names{"answer", "no answer", "limit"};
  return names[static_cast<std::size_t>(kind)];
}

/// As fetching judges an answer that has come as a whole.
Json answer_verdict(const RuleQuestion& question, const pipeline::RequestContext& context) {
  http::ResponseHead head;
  head.status = question.status;
  for (const auto& [name, value] : question.fields) head.fields.add(name, value);
  const std::array<std::string_view, 1> pieces{question.body};
  const fetch::InspectedBody body{
      question.status, head.fields.value(http::FieldId::content_type), {}, pieces, context.now};
  const auto found = fetch::inspect_body(body, context.verdict, context.now);
  const auto* const rule = context.verdict.rule;
  const auto told = rule ? rules::inspect_body(*rule, {}, question.body, context.now) : rules::BodyVerdict{};
  auto policy = fetch::policy_of(context, context.now);
  if (found.ttl) policy.ttl = fetch::ttl_in_force(context, *found.ttl);
  const auto verdict = caching::may_store(context.head(), head, policy, {context.now, context.now});
  const bool is_answer = found.kind == fetch::Inspection::Kind::answer;
  const bool stored = is_answer && verdict.storable() && context.head().method == http::Method::get;
  Json json = {
      {"kind", name_of(found.kind)}, {"stored", stored}, {"why", nullptr}, {"ttl", nullptr}, {"ttlSource", nullptr}};
  if (!stored)
    json["why"] = told.refused ? told.refused_because
                               : std::string{caching::name_of(is_answer ? verdict.reason : caching::Reason::refused)};
  if (!stored) return json;
  json["ttl"] = seconds_or_null(verdict.lifetime);
  json["ttlSource"] = found.ttl ? told.ttl_because : std::string{caching::name_of(verdict.source)};
  return json;
}

/// The configuration in force with the draft for its rules. Null: there are problems in it.
pipeline::SnapshotPtr snapshot_by_draft(Instance& instance, const RuleQuestion& question, Problems& problems) {
  const auto in_force = instance.snapshot();
  const auto& config = in_force->settings->config;
  auto drafted = question.file.empty()
                     ? rules::load({{}, true, config.ttl_overrides, question.draft}, problems)
                     : instance.rules_with({{path_of_rule_file(config, question.file), question.draft}}, problems);
  return drafted ? pipeline::make_snapshot({in_force->settings, std::move(drafted)}) : nullptr;
}

Answer test_rules(Instance& instance, const Call& call) {
  auto question = read_question(call.body);
  if (!question) return problem(400, question.error().what);
  Problems problems;
  pipeline::SnapshotPtr by;
  if (!question->draft.empty() && !(by = snapshot_by_draft(instance, *question, problems)))
    return problem(422, "in \"rules\": " + to_string(problems.front()));
  const auto result = explain(instance, question->request, std::move(by));
  if (!result) return problem(503, result.error().what);
  const auto& context = (*result)->context;
  const auto* const upstream = context.route.upstream;
  const auto* const rule = context.verdict.rule;
  Json json = {{"upstream", upstream ? Json(upstream->name) : Json(nullptr)},
               {"rule", rule ? Json(rule->name) : Json(nullptr)}};
  if (context.disposition == pipeline::Disposition::refuse) json["refused"] = context.refusal.detail;
  json["key"] = context.key.key;
  add_rule_verdict(context, json);
  const bool judged = question->has_answer && !context.key.key.empty();
  json["answer"] = judged ? answer_verdict(*question, context) : Json(nullptr);
  return json_answer(json);
}

}  // namespace

void add_rule_test_call(Router& router, Instance& instance) {
  router.add({http::Method::post,
              "/api/v1/rules/test",
              {Access::key, Effect::json},
              [&instance](const Call& call) { return test_rules(instance, call); },
              Runs::in_pool,
              {.summary = "what the rules make of a request and an answer; nothing is sent",
               .answer = "RuleTested",
               .body = "RuleTest",
               .failures = {400, 422, 503}}});
}

}  // namespace cachearr::admin
