// POST /api/v1/rules/rehearse: what a draft of rules would have made of the last requests. Nothing is sent, nothing is
// stored, and nothing is put in force.
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "admin/calls.hpp"
#include "admin/rule_files.hpp"
#include "base/iso_time.hpp"
#include "client/request_reader.hpp"
#include "upkeep/rehearsal/rehearse.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using client::ShownTexts;

constexpr std::string_view kCutText = "…";

std::int64_t whole_seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

/// By path, as rules are loaded with them. The error names the member that is wrong.
Result<rules::FileTexts, Answer> read_files(const Call& call, const Config& config) {
  const auto json = Json::parse(call.body, nullptr, false);
  if (!json.is_object() || json.size() != 1 || !json.contains("files") || !json["files"].is_object())
    return problem(400, "{\"files\": {\"NAME.json\": \"…\"}} is expected: what the files would hold");
  rules::FileTexts texts;
  for (const auto& [name, text] : json["files"].items()) {
    if (!is_rule_file_name(name))
      return problem(400, "\"" + name + "\" is no name of a rules file, such as my-rules.json");
    if (!text.is_string() && !text.is_null()) return problem(400, "\"" + name + "\" is a text, or null");
    if (text.is_null() && !RuleFiles{config.rules, config.state_dir}.find(name))
      return problem(400, "there is no rules file \"" + name + "\" that could be gone");
    texts[path_of_rule_file(config, name)] = text.is_null() ? std::nullopt : std::optional{text.get<std::string>()};
  }
  if (texts.empty()) return problem(400, "name at least one file");
  return texts;
}

struct Stored {
  Hash128 id;
  std::shared_ptr<upkeep::StoredAnswer> answer;  // null: nothing is
};
using StoredByKey = std::unordered_map<std::string_view, Stored>;

/// Keeps the newest of what is stored under the key, without its head.
void keep_newest(const store::KeyView& view, Stored& into) {
  const auto& meta = view.meta;
  const TimePoint at{Duration{meta.stored_ms}};
  const bool by_hand = (meta.flags & store::EntryFlag::kByHand) != 0;
  if (by_hand || (into.answer && into.answer->at >= at)) return;
  const upkeep::StoredAnswer answer{meta.status, at, Duration{meta.fresh_until_ms - meta.stored_ms}, {}};
  into = {view.id, std::make_shared<upkeep::StoredAnswer>(answer)};
}

void add_head(const store::Entry& entry, const Stored& to) {
  http::ResponseHead head;
  if (to.answer && to.id == entry.id() && http::parse_stored_head(entry.head(), head))
    to.answer->head.emplace(head, entry.head());
}

/// What is stored now under the keys of these requests, with the heads that are in memory: what was asked for of late
/// is seldom on disk alone.
StoredByKey stored_under(const client::RequestReader::Batch& batch, const store::Store& store) {
  StoredByKey stored;
  for (const auto& [facts, texts] : batch.requests) stored.try_emplace(texts[ShownTexts::key]);
  store.for_each_key([&](const store::KeyView& view) {
    const auto found = stored.find(view.key);
    if (found != stored.end()) keep_newest(view, found->second);
    return true;
  });
  store.for_each([&](const store::EntryPtr& entry) {
    const auto found = stored.find(entry->key());
    if (found != stored.end()) add_head(*entry, found->second);
    return true;
  });
  return stored;
}

upkeep::PastRequest past_request(const client::RecordedRequest& recorded, const StoredByKey& stored) {
  const auto& [facts, texts] = recorded;
  return {.method = std::string{texts[ShownTexts::method]},
          .url = std::string{texts[ShownTexts::url]},
          .upstream = std::string{texts[ShownTexts::upstream]},
          .rule = std::string{texts[ShownTexts::rule]},
          .status = facts.status,
          .partition = facts.partition,
          .at = facts.at,
          .has_credentials = facts.has_credentials,
          .was_hit = facts.is_hit(),
          .insists = facts.insists,
          .no_store = facts.no_store,
          .stored = stored.at(texts[ShownTexts::key]).answer};
}

std::vector<upkeep::PastRequest> past_requests(Instance& instance) {
  const client::Journals journals = instance.proxy().journals();
  const auto batch = client::RequestReader{journals, client::RequestJournal::kMostRequests}.read();
  const auto stored = stored_under(batch, instance.store());
  std::vector<upkeep::PastRequest> past;
  for (const auto& recorded : batch.requests) {
    const bool is_tunnel = recorded.facts.way == client::Way::tunnel;
    if (!is_tunnel && !recorded.texts[ShownTexts::url].ends_with(kCutText))
      past.push_back(past_request(recorded, stored));
  }
  return past;
}

Json figures_json(const upkeep::ReplayFigures& figures) {
  return {{"hitRate", figures.hit_rate()},
          {"hits", figures.hits},
          {"staleHits", figures.stale_hits},
          {"upstreamCalls", figures.upstream_calls},
          {"oldestStaleSeconds", whole_seconds(figures.oldest_stale)},
          {"meanAgeSeconds", std::chrono::round<std::chrono::seconds>(figures.mean_age).count()}};
}

Json judgement_json(const upkeep::Judgement& judged) {
  return {{"rule", judged.rule.empty() ? Json(nullptr) : Json(judged.rule)},
          {"key", judged.key},
          {"partition", judged.apart ? "credential" : "shared"},
          {"cached", judged.cached},
          {"ttl", judged.cached && judged.lifetime ? Json(whole_seconds(*judged.lifetime)) : Json(nullptr)},
          {"ttlByOrigin", judged.by_origin},
          {"stale", whole_seconds(judged.stale)}};
}

Json changes_json(const std::vector<upkeep::RehearsedChange>& changes) {
  Json list = Json::array();
  for (const auto& change : changes) {
    Json differs = Json::array();
    if (change.other_rule) differs.push_back("rule");
    if (change.other_key) differs.push_back("key");
    if (change.other_lifetime) differs.push_back("ttl");
    list.push_back({{"method", change.method},
                    {"url", change.url},
                    {"requests", change.requests},
                    {"differs", std::move(differs)},
                    {"before", judgement_json(change.before)},
                    {"after", judgement_json(change.after)}});
  }
  return list;
}

double percent_of(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(all);
}

Json rehearsal_json(const upkeep::Rehearsal& rehearsal) {
  const auto time = [&](TimePoint at) { return rehearsal.requests == 0 ? Json(nullptr) : Json(iso_time(at)); };
  return {{"requests", rehearsal.requests},
          {"leftOut", rehearsal.left_out},
          {"from", time(rehearsal.from)},
          {"to", time(rehearsal.to)},
          {"otherRule", rehearsal.other_rule},
          {"otherKey", rehearsal.other_key},
          {"otherTtl", rehearsal.other_lifetime},
          {"hitRateRecorded", percent_of(rehearsal.hits_recorded, rehearsal.requests)},
          {"ttlsUnknown", rehearsal.lifetimes_unknown},
          {"before", figures_json(rehearsal.before)},
          {"after", figures_json(rehearsal.after)},
          {"changes", changes_json(rehearsal.changes)}};
}

Answer rehearse_draft(Instance& instance, const Call& call) {
  const auto in_force = instance.snapshot();
  const auto files = read_files(call, in_force->settings->config);
  if (!files) return files.error();
  Problems problems;
  auto drafted = instance.rules_with(*files, problems);
  if (!drafted) return problem(422, to_string(problems.front()));
  const auto draft = pipeline::make_snapshot({in_force->settings, std::move(drafted)});
  return json_answer(rehearsal_json(upkeep::rehearse(*in_force, *draft, past_requests(instance))));
}

}  // namespace

void add_rehearsal_call(Router& router, Instance& instance) {
  router.add({http::Method::post,
              "/api/v1/rules/rehearse",
              {Access::key, Effect::json},
              [&instance](const Call& call) { return rehearse_draft(instance, call); },
              Runs::in_pool,
              {.summary = "what a draft of rules would have made of the last 10,000 requests; nothing changes",
               .answer = "Rehearsed",
               .body = "RehearsalDraft",
               .failures = {422}}});
}

}  // namespace cachearr::admin
