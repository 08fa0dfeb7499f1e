#include "fetch/cache_writer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "fetch/entity_tags.hpp"
#include "fetch/feed_pages.hpp"
#include "fetch/last_fetch.hpp"
#include "fetch/request_book.hpp"
#include "http/url.hpp"
#include "pipeline/sharing.hpp"

namespace cachearr::fetch {

using http::FieldId;

namespace {

/// As rules look at it: a body in a coding says nothing.
std::optional<std::string_view> sent_body(const FetchJob& job) {
  if (!job.upload) return std::string_view{};
  return job.head().fields.has(FieldId::content_encoding) ? std::nullopt : job.upload->sent_body();
}

constexpr Duration kHitForMiss{120'000};

/// Everything of an entry but head, body and times.
struct Name {
  Hash128 id;
  std::string_view identity;
};

/// What was counted of the response that is replaced goes on with the new one.
void inherit_counts(const FetchJob& job, store::EntryParts& parts) {
  const auto& old = job.context->entry;
  if (!old || old->id() != parts.id) return;
  parts.hits = old->hits();
  parts.fetches = old->fetches() + 1;
}

/// What its body was about is told no more by a confirmation, which brings none.
std::vector<std::uint64_t> other_tags(const store::Entry& confirmed, const std::vector<std::string>& known) {
  std::vector<std::uint64_t> others{confirmed.tags().begin(), confirmed.tags().end()};
  for (const auto& tag : known) std::erase(others, hash128(tag).low);
  return others;
}

/// `cost` is null where this is a marker and no response; `confirmed` is the entry whose head alone is new.
store::EntryPtr make(const FetchJob& job, Name name, std::string_view head, std::span<const std::string_view> body,
                     const caching::EntryMeta& meta, const caching::FetchCost* cost, const store::Entry* confirmed) {
  const auto& verdict = job.context->verdict;
  auto tags = tags_of_answer(*job.context, job.entities);
  if (auto tag = later_page_tag(job); !tag.empty()) tags.push_back(std::move(tag));
  const std::vector<std::string_view> tag_views{tags.begin(), tags.end()};
  const auto others = confirmed ? other_tags(*confirmed, tags) : std::vector<std::uint64_t>{};
  store::EntryParts parts{};
  parts.id = name.id;
  parts.identity = name.identity;
  parts.key = job.context->key.key;
  parts.upstream = verdict.upstream ? std::string_view{verdict.upstream->name} : std::string_view{};
  parts.type = verdict.rule ? std::string_view{verdict.rule->type} : std::string_view{};
  parts.tags = tag_views;
  parts.tag_hashes = others;
  parts.head = head;
  parts.body = body;
  parts.meta = meta;
  parts.generation = job.generation;
  if (cost) {
    parts.cost = *cost;
    inherit_counts(job, parts);
  }
  return store::make_entry(parts);
}

store::EntryPtr put(FetchContext& worker, const FetchJob& job, Name name, std::string_view head,
                    std::span<const std::string_view> body, const caching::EntryMeta& meta,
                    const caching::FetchCost* cost = nullptr, const store::Entry* confirmed = nullptr) {
  auto entry = make(job, name, head, body, meta, cost, confirmed);
  if (entry) worker.shared.store.put(entry);
  if (entry && worker.shared.tier && pipeline::is_shared(*job.context)) worker.shared.tier->put(entry, job.moment);
  const bool by_client = job.purpose == Purpose::client || job.purpose == Purpose::refresh_stale;
  if (entry && cost && worker.book) worker.book->remember(*job.context, *entry, by_client);
  return entry;
}

std::string variant_identity(const FetchJob& job, std::string_view names) {
  std::string identity = job.context->key.identity;
  identity += '\n';
  caching::append_variant(identity, names, job.head().fields);
  return identity;
}

/// The entry that tells by which fields this resource varies; written only where it says something new.
void put_vary_marker(FetchContext& worker, const FetchJob& job, std::string_view names) {
  const auto& key = job.context->key;
  const auto there = worker.shared.store.find(key.id, key.identity);
  if (there && (there->meta.flags & caching::kVaryMarker) != 0 && there->head() == names) return;
  caching::EntryMeta meta;
  meta.flags = caching::kVaryMarker;
  meta.stored_ms = meta.born_ms = worker.now().time_since_epoch().count();
  meta.fresh_until_ms = meta.stored_ms;
  meta.sie_seconds = caching::kAlwaysOfUse;
  put(worker, job, {key.id, key.identity}, names, {}, meta);
}

/// The entry that tells which variant has come in the answer's own language.
void put_language(FetchContext& worker, const FetchJob& job, std::string_view names, std::string_view variant,
                  std::string_view head, const caching::StoreVerdict& verdict) {
  http::ResponseHead answer;
  caching::VariantName name;
  if (!http::parse_stored_head(head, answer) ||
      !caching::name_language(job.context->resource(), names, job.head().fields, caching::language_of(answer), name))
    return;
  caching::EntryMeta meta;
  meta.flags = caching::kVaryMarker;
  meta.stored_ms = meta.born_ms = worker.now().time_since_epoch().count();
  meta.fresh_until_ms = verdict.meta.fresh_until_ms;
  put(worker, job, {name.id, name.identity}, variant, {}, meta);
}

caching::EntryMeta with_label(FetchContext& worker, const FetchJob& job, const caching::StoreVerdict& verdict,
                              const ResponseHeadText& head) {
  auto meta = verdict.meta;
  meta.label = job.context->label(worker.shared.metrics);
  if (head.etag_at <= 0xFFFF && head.etag_size <= 0xFFFF) {
    meta.etag_at = static_cast<std::uint16_t>(head.etag_at);
    meta.etag_size = static_cast<std::uint16_t>(head.etag_size);
  }
  return meta;
}

/// Here, and by all who share the upstream.
void invalidate(FetchContext& worker, const FetchJob& job, const caching::Invalidation& what) {
  store::tell_tier(worker.shared.tier, what, pipeline::is_shared(*job.context));
  worker.shared.store.invalidate_soon(what);
}

/// Removes what is stored for a URL of this upstream, all its variants and partitions.
void invalidate_target(FetchContext& worker, const FetchJob& job, const http::Target& target) {
  pipeline::RequestContext other;
  http::RequestHead get;
  get.method = http::Method::get;
  get.method_text = "GET";
  get.fields = job.head().fields;
  other.verdict.upstream = job.context->verdict.upstream;
  if (other.verdict.upstream)
    other.verdict.rule =
        job.rules().match(*other.verdict.upstream, get, target.path, target.query, worker.scratch, other.captures);
  rules::build_key(other.verdict, get, target, other.captures, worker.shared.secret, worker.scratch, other.key);
  const caching::Invalidation what{caching::Invalidation::Kind::key, other.key.key, false};
  // The key of an upstream that is not shared names nothing that was.
  if (worker.shared.tier && pipeline::is_shared(*job.context)) worker.shared.tier->announce(what);
  worker.shared.store.invalidate_soon(what);
  worker.cells.invalidations[0].add();
}

void invalidate_by_rules(FetchContext& worker, const FetchJob& job) {
  const auto* const upstream = job.context->verdict.upstream;
  const auto& target = job.context->route.target;
  if (!upstream) return;
  // The feed tells when what the write has begun is done.
  const bool feed_is_up = job.context->snapshot->feeds->of(*upstream)->is_up();
  rules::Captures captures;
  for (const auto* rule : job.rules().invalidations(*upstream, job.head(), target.path, target.query, sent_body(job),
                                                    worker.scratch, captures)) {
    if (!job.settings().invalidates(*rule)) continue;
    // The session counts the first of them, which has matched the request.
    if (rule != job.context->verdict.rule)
      worker.cells.rule(job.context->snapshot->labels->rule_number_of(*rule, worker.shared.metrics)).matched.add();
    for (const auto& named : rule->invalidate) {
      const caching::Invalidation what{named.kind, rules::expand(named.text, captures), named.soft};
      invalidate(worker, job, what);
      worker.cells.invalidations[1].add();
      if (!rule->window || feed_is_up) continue;
      worker.shared.windows.open({what, pipeline::is_shared(*job.context)}, worker.now(), worker.now() + *rule->window);
    }
  }
}

}  // namespace

store::EntryPtr store_response(FetchContext& worker, const FetchJob& job, const caching::StoreVerdict& verdict,
                               const ResponseHeadText& head, const caching::Selecting& selecting,
                               std::span<const std::string_view> body) {
  const auto meta = with_label(worker, job, verdict, head);
  worker.cells.label(meta.label).lifetimes.record((meta.fresh_until_ms - meta.born_ms) / 1000);
  if (selecting.names.empty())
    return put(worker, job, {job.context->key.id, job.context->key.identity}, head.text, body, meta, &job.cost);
  const auto names = caching::to_text(selecting);
  put_vary_marker(worker, job, names);
  const auto identity = variant_identity(job, names);
  put_language(worker, job, names, identity, head.text, verdict);
  return put(worker, job, {hash128(identity), identity}, head.text, body, meta, &job.cost);
}

void note_stored(FetchContext& worker, const FetchJob& job, const store::Entry& entry, const caching::Timing& timing) {
  note_page(worker, job, entry, timing.request_time);
  note_last_fetch(worker.shared.store, job.context->verdict.rule, job.context->captures, timing.response_time);
}

store::EntryPtr find_stored(FetchContext& worker, const FetchJob& job, const caching::Selecting& selecting) {
  const auto& key = job.context->key;
  if (selecting.names.empty()) return worker.shared.store.find(key.id, key.identity);
  const auto identity = variant_identity(job, caching::to_text(selecting));
  return worker.shared.store.find(hash128(identity), identity);
}

void name_as_get(FetchContext& worker, FetchJob& job) {
  auto get = job.head();
  get.method = http::Method::get;
  get.method_text = "GET";
  rules::build_key(job.context->verdict, get, job.context->route.target, job.context->captures, worker.shared.secret,
                   worker.scratch, job.context->key);
  job.moment = 0;                                     // others hear of that later, and would take the answer for older
  job.generation = worker.shared.store.generation();  // after what this very request invalidated
}

store::EntryPtr freshen_stored(FetchContext& worker, const FetchJob& job, const caching::StoreVerdict& verdict,
                               std::string merged_head) {
  ResponseHeadText head;
  head.text = std::move(merged_head);
  find_etag(head);
  const auto& old = *job.context->entry;
  const std::array<std::string_view, 1> body{old.body()};
  // A reuse saves the body, too, whatever the confirmation took.
  return put(worker, job, {old.id(), old.identity()}, head.text, body, with_label(worker, job, verdict, head),
             &old.cost(), &old);
}

store::EntryPtr freshen_for_one(FetchContext& worker, const FetchJob& job, std::string merged_head) {
  ResponseHeadText head;
  head.text = std::move(merged_head);
  find_etag(head);
  const auto& old = *job.context->entry;
  caching::StoreVerdict verdict;
  verdict.meta = old.meta;
  verdict.meta.stored_ms = verdict.meta.born_ms = verdict.meta.fresh_until_ms = worker.now().time_since_epoch().count();
  const std::array<std::string_view, 1> body{old.body()};
  return make(job, {old.id(), old.identity()}, head.text, body, with_label(worker, job, verdict, head), &old.cost(),
              &old);
}

void mark_hit_for_miss(FetchContext& worker, const FetchJob& job) {
  if (job.context->entry || job.is_background()) return;
  caching::EntryMeta meta;
  meta.flags = caching::kHitForMiss;
  const auto now = worker.now();
  meta.stored_ms = meta.born_ms = now.time_since_epoch().count();
  meta.fresh_until_ms = (now + kHitForMiss).time_since_epoch().count();
  put(worker, job, {job.context->variant.id, job.context->variant.identity}, {}, {}, meta);
}

void invalidate_after_write(FetchContext& worker, const FetchJob& job, const http::ResponseHead& answer) {
  if (answer.status < 200 || answer.status > 399) return;
  const auto& target = job.context->route.target;
  if (!http::is_safe(job.head().method)) {
    invalidate_target(worker, job, target);
    for (const auto id : {FieldId::location, FieldId::content_location}) {
      http::Target other;
      const auto* const field = answer.fields.find(id);
      if (field && http::resolve_on_same_origin(field->value, target, other)) invalidate_target(worker, job, other);
    }
  }
  invalidate_by_rules(worker, job);
}

}  // namespace cachearr::fetch
