// Calls on one key: its value, its time to live.
#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/key_values.hpp"
#include "admin/request_json.hpp"
#include "admin/shared_values.hpp"
#include "base/redact.hpp"
#include "base/units.hpp"
#include "caching/invalidation.hpp"
#include "caching/storing.hpp"

namespace cachearr::admin {

namespace {

using http::FieldId;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMostShown = 50;  // answers under one key

/// What these calls need.
struct KeyCalls {
  Instance& instance;
  ApiCounters& counters;
  store::Store& store() const { return instance.store(); }
  TimePoint now() const { return instance.clock().now(); }
  /// What is stored here; where nothing is, what another instance was given by hand.
  std::vector<store::EntryPtr> entries(const Call& call) const {
    auto found = entries_of(store(), call.captures.front(), now());
    if (!found.empty() || !fetch_shared_values(instance, call.captures, call.stop)) return found;
    return entries_of(store(), call.captures.front(), now());
  }
};

Answer no_such_key() { return problem(404, "nothing is stored under this key"); }

std::string_view partition_of(const store::Entry& entry) noexcept {
  if ((entry.meta.flags & caching::kByHand) != 0) return "api";
  return entry.identity().starts_with("-\n") ? "shared" : "credential";
}

/// The fields of a stored head as they may be shown.
Json shown_fields(const http::ResponseHead& head) {
  Json list = Json::array();
  for (const auto& field : head.fields) {
    auto line = std::string{field.name} + ": ";
    if (is_secret_field(field.name)) {
      line += "***";
    } else {
      append_redacted_words(line, field.value);
    }
    list.push_back(std::move(line));
  }
  return list;
}

/// One of the answers under a key.
Json stored_answer_json(const store::Entry& entry, TimePoint now) {
  http::ResponseHead head;
  if (!http::parse_stored_head(entry.head(), head)) return nullptr;
  const auto language = head.fields.value(FieldId::content_language);
  const auto coding = head.fields.value(FieldId::content_encoding);
  return {{"status", entry.meta.status},
          {"contentType", head.fields.value(FieldId::content_type)},
          {"contentEncoding", coding.empty() ? Json(nullptr) : Json(coding)},
          {"contentLanguage", language.empty() ? Json(nullptr) : Json(language)},
          {"size", entry.body().size()},
          {"age", caching::age_at(entry.meta, now)},
          {"ttl", time_to_live(entry.meta, now)},
          {"hits", entry.hits()},
          {"headers", shown_fields(head)}};
}

Json meta_json(const KeyCalls& keys, const store::Entry& entry, const std::vector<store::EntryPtr>& variants) {
  const auto value = value_of(entry, "*");
  const auto& meta = entry.meta;
  const bool in_memory = static_cast<bool>(keys.store().find(entry.id(), entry.identity()));
  Json json = {
      {"key", entry.key()}, {"type", entry.type()}, {"upstream", entry.upstream()}, {"partition", partition_of(entry)}};
  json["status"] = meta.status;
  json["contentType"] = value.content_type;
  json["contentEncoding"] = value.content_encoding.empty() ? Json(nullptr) : Json(value.content_encoding);
  json["size"] = entry.body().size();
  json["age"] = caching::age_at(meta, keys.now());
  json["ttl"] = time_to_live(meta, keys.now());
  json["hits"] = entry.hits();
  json["tier"] = in_memory && entry.on_disk() ? "both" : in_memory ? "memory" : "disk";
  json["variants"] = variants.size();
  json["stored"] = Json::array();
  for (const auto& each : variants)
    if (json["stored"].size() < kMostShown) json["stored"].push_back(stored_answer_json(*each, keys.now()));
  return json;
}

Answer get_key(const KeyCalls& keys, const Call& call) {
  const auto entries = keys.entries(call);
  if (entries.empty()) return no_such_key();
  const auto& entry = entries.front();
  if (call.parameter("meta") == "1") return json_answer(meta_json(keys, *entry, entries));
  const auto* const accepts = call.head->fields.find(FieldId::accept_encoding);
  auto value = value_of(*entry, accepts ? std::optional{accepts->value} : std::nullopt);
  Answer answer;
  answer.untrusted = true;
  answer.content_type = std::move(value.content_type);
  if (!value.content_encoding.empty()) answer.fields = "Content-Encoding: " + value.content_encoding + "\r\n";
  answer.fields += "Age: " + std::to_string(caching::age_at(entry->meta, keys.now())) + "\r\n";
  if (value.decoded) {
    answer.body = std::move(*value.decoded);
  } else {
    answer.entry = entry;
  }
  entry->count_hit();
  return answer;
}

/// The time to live a value without a wish of its own gets from its type; none: it stays.
std::optional<Duration> usual_ttl(const KeyCalls& keys, std::string_view type) {
  const auto snapshot = keys.instance.snapshot();
  const auto& ttls = snapshot->rules->ttls();
  const auto at = ttls.find(std::string{type});
  return at == ttls.end() ? std::nullopt : std::optional{at->second};
}

Answer put_key(const KeyCalls& keys, const Call& call) {
  const auto& key = call.captures.front();
  const bool printable = std::none_of(key.begin(), key.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (!printable || key.size() > kLongestKeyName)
    return problem(400, "a key has 1 to " + std::to_string(kLongestKeyName) + " bytes and no control characters");
  const auto now = keys.now();
  NewValue value;
  value.key = key;
  value.body = call.body;
  value.content_type = call.head->fields.value(FieldId::content_type);
  if (value.content_type.empty()) value.content_type = "application/octet-stream";
  value.content_encoding = call.head->fields.value(FieldId::content_encoding);
  value.type = call.has_value("type") ? call.parameter("type") : key.starts_with("user:") ? "user" : std::string_view{};
  if (value.type.size() > 255) return problem(400, "the type is too long");
  std::optional<Duration> ttl = usual_ttl(keys, value.type);
  // A variable of a script that is empty must not make a value live for good.
  if (call.is_given("ttl")) {
    ttl = parse_duration(call.parameter("ttl"));
    if (!is_time_to_live(ttl)) return problem(400, "ttl is a duration such as 300, 15m or 24h");
  }
  if (ttl) value.until = now + *ttl;
  const bool is_elsewhere = !keys.entries(call).empty();
  const std::lock_guard lock{keys.counters.key_changes};
  auto set = set_value(keys.store(), value, now);
  if (set.kind == SetResult::Kind::too_large) return problem(413, "the store has no room for a value of this size");
  const bool replaced = is_elsewhere || set.kind == SetResult::Kind::replaced;
  const auto shared = share_values(keys.instance, key, std::move(set.stored));
  return json_answer({{"key", key}, {"size", call.body.size()}, {"replaced", replaced}, {"shared", shared}},
                     replaced ? 200 : 201);
}

Answer delete_key(const KeyCalls& keys, const Call& call) {
  const auto there = keys.entries(call).size();
  const std::lock_guard lock{keys.counters.key_changes};
  const caching::Invalidation what{caching::Invalidation::Kind::key, call.captures.front(), false};
  if (auto* const tier = keys.instance.shared_tier()) tier->announce_for_good({&what, 1});
  const auto deleted = keys.store().invalidate(what);
  ++keys.counters.invalidations;
  if (!deleted) return not_for_good(deleted.error());
  if (there == 0) return no_such_key();
  return json_answer({{"deleted", there}});
}

Answer ttl_of_key(const KeyCalls& keys, const Call& call) {
  const auto entries = keys.entries(call);
  return json_answer({{"ttl", entries.empty() ? -2 : time_to_live(entries.front()->meta, keys.now())}});
}

Answer expire_key(const KeyCalls& keys, const Call& call) {
  const auto wish = read_object(call);
  if (!wish) return wish.error();
  const auto at = wish->find("ttl");
  if (at == wish->end())
    return problem(400, "say which: {\"ttl\": 300}, seconds or a duration such as \"15m\"; null: never");
  const auto ttl = at->is_null() ? std::nullopt : duration_of(*at);
  if (!at->is_null() && !ttl) return problem(400, "ttl is a number of seconds or a duration such as \"15m\"");
  const auto there = keys.entries(call);
  if (there.empty()) return no_such_key();
  // As in Redis: a time that is over already ends the key.
  if (ttl && ttl->count() <= 0) return delete_key(keys, call);
  const auto until = ttl ? keys.now() + *ttl : kNever;
  fetch_newer_answers(keys.instance, there, call.stop);
  const std::lock_guard lock{keys.counters.key_changes};
  keys.store().expire_key(call.captures.front(), until);
  share_values(keys.instance, call.captures.front(), keys.store().find_key(call.captures.front()));
  return ttl_of_key(keys, call);
}

}  // namespace

void add_key_calls(Router& router, Instance& instance, ApiCounters& counters) {
  using http::Method;
  const auto add = [&](Method method, std::string pattern, Effect effect,
                       Answer (*handler)(const KeyCalls&, const Call&), CallDoc doc) {
    auto run = [keys = KeyCalls{instance, counters}, handler](const Call& call) { return handler(keys, call); };
    router.add({method, std::move(pattern), {Access::key, effect}, std::move(run), Runs::in_pool, std::move(doc)});
  };
  add(Method::get, "/api/v1/keys/{}", Effect::none, get_key,
      {.summary = "the value that is stored under the key",
       .parameters = {{"meta", "1: data about the key as JSON, instead of its value"}},
       .answer = "*/*",
       .failures = {404}});
  add(Method::put, "/api/v1/keys/{}", Effect::any_body, put_key,
      {.summary = "stores the body under the key; 200 where it replaces a value",
       .parameters = {{"ttl", "a duration such as 300, 15m or 24h"}, {"type", "a type of the rules"}},
       .answer = "KeySet",
       .body = "*/*",
       .successes = {200, 201}});
  add(Method::delete_, "/api/v1/keys/{}", Effect::json, delete_key,
      {.summary = "removes the key", .answer = "Deleted", .failures = {404}});
  add(Method::get, "/api/v1/keys/{}/ttl", Effect::none, ttl_of_key,
      {.summary = "its time to live, as Redis says it", .answer = "TimeToLive"});
  add(Method::post, "/api/v1/keys/{}/expire", Effect::json, expire_key,
      {.summary = "sets its time to live", .answer = "TimeToLive", .body = "Expiry", .failures = {404}});
}

}  // namespace cachearr::admin
