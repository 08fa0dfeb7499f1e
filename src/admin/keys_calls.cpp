// Calls on many keys: lists, values of several, purges.
#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>
#include <span>

#include "admin/calls.hpp"
#include "admin/key_values.hpp"
#include "admin/request_json.hpp"
#include "admin/shared_values.hpp"
#include "base/text.hpp"
#include "caching/invalidation.hpp"
#include "caching/storing.hpp"
#include "metrics/totals.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using caching::Invalidation;
using store::KeyOrder;

constexpr std::size_t kMostListed = 1000;
constexpr std::size_t kMostGot = 1000;
constexpr std::size_t kAnnouncedAtOnce = 100;  // as many as are under way to the Redis at once
constexpr std::size_t kMostBytesGot = 64 * 1024 * 1024;

struct KeysCalls {
  Instance& instance;
  ApiCounters& counters;
};

Json info_json(const store::KeyInfo& info, TimePoint now) {
  return {{"key", info.key},
          {"type", info.type},
          {"upstream", info.upstream},
          {"status", info.meta.status},
          {"size", info.bytes},
          {"age", caching::age_at(info.meta, now)},
          {"ttl", time_to_live(info.meta, now)},
          {"hits", info.hits},
          {"hitRate", std::round(metrics::share(info.hits, info.fetches) * 100) / 100},
          {"tier", info.in_memory && info.on_disk ? "both"
                   : info.in_memory               ? "memory"
                                                  : "disk"}};
}

std::optional<KeyOrder> order_of(std::string_view name) {
  if (name.empty() || name == "none") return KeyOrder::none;
  if (name == "hits") return KeyOrder::hits;
  if (name == "ttl") return KeyOrder::ttl;
  if (name == "size") return KeyOrder::size;
  return std::nullopt;
}

Answer list_keys(const KeysCalls& keys, const Call& call) {
  store::KeyQuery query;
  query.pattern = call.parameter("pattern");
  query.tag = call.parameter("tag");
  query.upstream = call.parameter("upstream");
  query.type = call.parameter("type");
  query.cursor = call.parameter("cursor");
  if (!query.cursor.empty() && !store::is_key_cursor(query.cursor))
    return problem(400, "cursor is what the page before gave");
  const auto order = order_of(call.parameter("sort"));
  if (!order) return problem(400, "sort is hits, ttl or size");
  query.order = *order;
  if (call.has_value("limit")) {
    const auto limit = text::parse_unsigned(call.parameter("limit"));
    if (!limit || *limit == 0) return problem(400, "limit is a number from 1 to " + std::to_string(kMostListed));
    query.limit = static_cast<std::size_t>(std::min<std::uint64_t>(*limit, kMostListed));
  }
  const auto page = keys.instance.store().list(query);
  const auto now = keys.instance.clock().now();
  Json list = Json::array();
  for (const auto& info : page.keys)
    if (is_there(info.meta, now)) list.push_back(info_json(info, now));
  return json_answer({{"keys", std::move(list)}, {"cursor", page.cursor.empty() ? Json(nullptr) : Json(page.cursor)}});
}

/// The names in an array of texts; none where it is anything else.
std::optional<std::vector<std::string>> names_of(const nlohmann::json& list) {
  if (!list.is_array()) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& item : list) {
    if (!item.is_string()) return std::nullopt;
    names.push_back(item.get<std::string>());
  }
  return names;
}

Json value_json(const store::Entry& entry) {
  const auto value = value_of(entry, std::nullopt);
  Json json = {{"key", entry.key()}, {"contentType", value.content_type}};
  // What could not be decoded is bytes.
  const bool is_text = value.content_encoding.empty() && text::is_utf8(value.body(entry));
  if (is_text) {
    json["body"] = value.body(entry);
  } else {
    json["bodyBase64"] = text::base64_encode(value.body(entry));
    if (!value.content_encoding.empty()) json["contentEncoding"] = value.content_encoding;
  }
  return json;
}

/// One for each name, null where none is there.
std::vector<store::EntryPtr> several_values(const KeysCalls& keys, const std::vector<std::string>& names,
                                            const std::stop_token& stop) {
  auto& store = keys.instance.store();
  const auto find = [&] {
    auto found = store.find_keys(names);
    const auto now = keys.instance.clock().now();
    for (auto& entry : found)
      if (entry && !is_there(entry->meta, now)) entry = {};
    return found;
  };
  auto found = find();
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!found[i]) missing.push_back(names[i]);
  return fetch_shared_values(keys.instance, missing, stop, kMostBytesGot) ? find() : found;
}

Answer get_several(const KeysCalls& keys, const Call& call) {
  const auto wish = read_object(call);
  if (!wish) return wish.error();
  const auto at = wish->find("keys");
  const auto names = at == wish->end() ? std::nullopt : names_of(*at);
  if (!names || names->size() > kMostGot)
    return problem(400, "say which: {\"keys\": [\"a\", \"b\"]}, at most " + std::to_string(kMostGot));
  Json values = Json::array();
  std::size_t bytes = 0;
  for (const auto& entry : several_values(keys, *names, call.stop)) {
    if (!entry) {
      values.push_back(nullptr);
      continue;
    }
    bytes += entry->body().size();
    if (bytes > kMostBytesGot)
      return problem(413, "these values are too much for one answer; ask for fewer keys at a time");
    values.push_back(value_json(*entry));
    entry->count_hit();
  }
  return json_answer({{"values", std::move(values)}});
}

/// What a purge names; none where it names nothing or more than one thing, which would leave open which of them count.
/// Null, and "all": false, name nothing.
std::optional<std::vector<Invalidation>> invalidations_of(const nlohmann::json& wish) {
  std::vector<Invalidation> found;
  int named = 0;
  const bool soft = wish.value("soft", false);
  const auto add = [&](std::string_view kind, std::string_view text) {
    auto invalidation = caching::make_invalidation(kind, text, soft);
    if (!invalidation) return false;
    found.push_back(*std::move(invalidation));
    return true;
  };
  for (const std::string_view kind : {"pattern", "tag", "upstream"}) {
    const auto at = wish.find(kind);
    if (at == wish.end() || at->is_null()) continue;
    if (!at->is_string() || !add(kind, at->get_ref<const std::string&>())) return std::nullopt;
    ++named;
  }
  if (const auto at = wish.find("keys"); at != wish.end() && !at->is_null()) {
    const auto names = names_of(*at);
    if (!names) return std::nullopt;
    for (const auto& name : *names) {
      if (!add("key", name)) return std::nullopt;
    }
    ++named;
  }
  if (const auto at = wish.find("all"); at != wish.end() && !at->is_null()) {
    if (!at->is_boolean()) return std::nullopt;
    if (at->get<bool>()) named += add("all", {}) ? 1 : 0;
  }
  return named == 1 ? std::optional{std::move(found)} : std::nullopt;
}

Answer purge(const KeysCalls& keys, const Call& call) {
  const auto wish = read_object(call);
  if (!wish) return wish.error();
  for (const auto& [name, value] : wish->items()) {
    constexpr std::array<std::string_view, 7> known{"keys", "pattern", "tag", "upstream", "all", "soft", "local"};
    if (std::find(known.begin(), known.end(), name) == known.end())
      return problem(400, "\"" + name + "\" is none of keys, pattern, tag, upstream, all, soft, local");
  }
  for (const std::string name : {"soft", "local"})
    if (wish->contains(name) && !(*wish)[name].is_boolean()) return problem(400, name + " is true or false");
  const auto invalidations = invalidations_of(*wish);
  if (!invalidations)
    return problem(400, "name exactly one of keys (an array), pattern, tag, upstream, or \"all\": true");
  auto* const shared = keys.instance.shared_tier();
  auto* const tier = wish->value("local", false) ? nullptr : shared;
  std::uint64_t purged = 0;
  std::optional<Error> failure;
  const std::lock_guard lock{keys.counters.key_changes};
  for (std::size_t i = 0; i < invalidations->size(); ++i) {
    const auto& invalidation = (*invalidations)[i];
    if (call.stop.stop_requested()) return problem(503, "the program is stopping; not everything was purged");
    if (tier && i % kAnnouncedAtOnce == 0) {
      const auto left = std::span{*invalidations}.subspan(i);
      tier->announce_for_good(left.first(std::min(kAnnouncedAtOnce, left.size())));
    }
    if (shared && !tier) shared->keep_out_for_good(invalidation);
    const auto count = keys.instance.store().invalidate(invalidation);
    if (count) {
      purged += *count;
    } else {
      failure = count.error();
    }
    ++keys.counters.invalidations;
  }
  if (failure) return not_for_good(*failure);
  return json_answer({{"purged", purged}, {"shared", told_others(tier)}});
}

}  // namespace

void add_keys_calls(Router& router, Instance& instance, ApiCounters& counters) {
  using http::Method;
  const auto add = [&](Method method, std::string pattern, Effect effect,
                       Answer (*handler)(const KeysCalls&, const Call&), CallDoc doc) {
    auto run = [keys = KeysCalls{instance, counters}, handler](const Call& call) { return handler(keys, call); };
    router.add({method, std::move(pattern), {Access::key, effect}, std::move(run), Runs::in_pool, std::move(doc)});
  };
  add(Method::get, "/api/v1/keys", Effect::none, list_keys,
      {.summary = "what is stored, page by page",
       .parameters = {{"pattern", "of keys; * and ? stand for any bytes"},
                      {"tag", ""},
                      {"upstream", ""},
                      {"type", ""},
                      {"sort", "hits, ttl or size"},
                      {"limit", "1 to 1000"},
                      {"cursor", "of the page before"}},
       .answer = "KeyPage"});
  add(Method::post, "/api/v1/keys/mget", Effect::json, get_several,
      {.summary = "several values in their order, null for a missing one", .answer = "Values", .body = "KeyNames"});
  add(Method::post, "/api/v1/purge", Effect::json, purge,
      {.summary = "invalidates what is named; soft: marks it stale", .answer = "Purged", .body = "Selection"});
}

}  // namespace cachearr::admin
