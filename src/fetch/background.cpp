// Fetches that no client waits for: who begins them, when, and on which worker.
#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "fetch/admission_permit.hpp"
#include "fetch/fetch_job.hpp"
#include "fetch/fetch_table.hpp"
#include "fetch/request_book.hpp"
#include "limit/ttl.hpp"

namespace cachearr::fetch {

namespace {

constexpr Duration kPauseWithoutSpare{1000};
constexpr Duration kRetryAhead{10'000};
constexpr std::size_t kMostTried = 1'024;
/// What lives for less is not worth spreading.
constexpr Duration kShortLife{600'000};

/// What was stored together must not expire together: an answer that a rule gives a long life is refreshed within the
/// last tenth of it, earlier or later by its key. Feeds stay as they are: their pages belong together.
bool is_spread(const pipeline::RequestContext& context, const rules::Rule& rule) {
  const auto& meta = context.entry->meta;
  const Duration lifetime{meta.fresh_until_ms - meta.stored_ms};
  const auto left = TimePoint{Duration{meta.fresh_until_ms}} - context.now;
  if (left * 10 > lifetime || (meta.flags & caching::kFromRule) == 0 || lifetime < kShortLife ||
      rule.priority == rules::Priority::feed)
    return false;
  return context.now >= TimePoint{Duration{meta.stored_ms}} + limit::spread_ttl(lifetime, context.key.id);
}

constexpr Duration kShortestKept{10'000};

/// The operator wants keys like this refreshed when they are asked for near their end: within the interval, but in the
/// last fifth of their life at most.
bool is_near_end(const pipeline::RequestContext& context) {
  using Trigger = PrefetchConfig::Trigger;
  const auto& meta = context.entry->meta;
  const Duration lifetime{meta.fresh_until_ms - meta.stored_ms};
  const auto left = TimePoint{Duration{meta.fresh_until_ms}} - context.now;
  if (lifetime < kShortestKept || left * 5 > lifetime) return false;
  const auto& cache = context.snapshot->settings->config.cache;
  return std::any_of(cache.prefetch.begin(), cache.prefetch.end(), [&](const PrefetchConfig& entry) {
    if (entry.trigger != Trigger::access || left > entry.interval.value_or(cache.prefetch_interval)) return false;
    return std::any_of(entry.patterns.begin(), entry.patterns.end(),
                       [&](const auto& pattern) { return text::glob_match(pattern, context.key.key); });
  });
}

constexpr std::uint32_t kAsksForCall = 2;

/// So many have asked before for each call that it has cost: where it is fewer, a life that ends early costs calls, and
/// the next one perhaps serves nobody.
bool is_much_asked(const store::Entry& entry) noexcept { return (entry.hits() - 1) / kAsksForCall >= entry.fetches(); }

/// A refresh that came to nothing is not begun again by each hit.
bool was_tried_lately(const FetchContext& worker, const pipeline::RequestContext& context) {
  const auto tried = worker.ahead_tried.find(context.entry->id());
  if (tried == worker.ahead_tried.end() || tried->second.stored_ms != context.entry->meta.stored_ms) return false;
  const auto since = context.now - tried->second.at;
  return since >= Duration{0} && since < kRetryAhead;
}

void note_tried(FetchContext& worker, const pipeline::RequestContext& context) {
  if (worker.ahead_tried.size() >= kMostTried) worker.ahead_tried.clear();
  worker.ahead_tried[context.entry->id()] = {context.entry->meta.stored_ms, context.now};
}

/// A fresh answer of which the rule's share has passed, or whose end is near and that was asked for before, within what
/// the upstream's budget leaves.
bool is_due_ahead(FetchContext& worker, const pipeline::RequestContext& context) {
  const auto* const rule = context.verdict.rule;
  if (!rule || !worker.admission) return false;
  const auto& meta = context.entry->meta;
  const auto at = [](std::int64_t ms) { return TimePoint{Duration{ms}}; };
  const auto asked = context.entry->hits() - 1;
  const bool due =
      limit::refresh_ahead(context.now, at(meta.stored_ms), at(meta.fresh_until_ms), rule->refresh_ahead) ||
      (asked > 0 && is_much_asked(*context.entry) && (is_spread(context, *rule) || is_near_end(context)));
  if (!due || (meta.flags & caching::kPartial) != 0 || context.now < worker.ahead_again ||
      was_tried_lately(worker, context) || !worker.settings().config.cache.prefetch_on_access ||
      context.snapshot->modes->of(context.verdict.upstream) == rules::UpstreamMode::offline ||
      worker.fetch_table.is_under_way(context.variant.id, context.variant.identity))
    return false;
  const auto name = limiter_key_of(context);
  if (worker.admission->registry().limiter(name.upstream, name.credential, context.now)->has_spare(context.now))
    return true;
  worker.ahead_again = context.now + kPauseWithoutSpare;
  return false;
}

/// After a restart the hits of what it has left tell how to ask for it again.
void note_in_book(FetchContext& worker, const pipeline::RequestContext& context, std::string_view head_bytes) {
  if (!worker.book || !worker.book->lacks(context, context.entry->id())) return;
  auto own = context;
  if (own.request.bytes().empty()) own.request.own(head_bytes);
  worker.book->remember(own, *context.entry, true);
}

}  // namespace

bool fetch_in_background(FetchContext& worker, pipeline::RequestContext context, Purpose purpose) {
  const auto& head = context.request.head;
  if (head.method != http::Method::get && head.method != http::Method::head) return false;
  auto joined = worker.fetch_table.join(context.variant.id, context.variant.identity, worker.shared.store.generation(),
                                        worker.loop);
  if (joined.is_new) begin_in_background(worker, std::move(context), std::move(joined.shared_fetch), purpose);
  return joined.is_new;
}

void begin_in_background(FetchContext& worker, pipeline::RequestContext context,
                         std::shared_ptr<SharedFetch> shared_fetch, Purpose purpose) {
  auto& head = context.request.head;
  if (head.method != http::Method::get) head.method_text = "GET";  // else it is within the head's own bytes
  head.method = http::Method::get;
  // What the client wanted of a cache is its own affair: another one on the way would obey it.
  head.fields.remove(http::FieldId::cache_control);
  head.fields.remove(http::FieldId::pragma);
  context.directives = {};
  context.disposition = pipeline::Disposition::revalidate;
  context.forward = context.entry ? http::Forward::stale : http::Forward::uri_miss;
  auto job = std::make_shared<FetchJob>();
  job->context = worker.contexts.take(context.snapshot);
  *job->context = std::move(context);
  job->shared_fetch = std::move(shared_fetch);
  job->in_table = true;
  job->purpose = purpose;
  worker.loop.spawn(run_fetch(worker, std::move(job)), "background fetch");
}

void fetch_in_background(std::span<FetchContext* const> workers, pipeline::RequestContext context, Purpose purpose) {
  auto* const worker = workers[context.key.id.high % workers.size()];
  auto shared = std::make_shared<pipeline::RequestContext>(std::move(context));
  worker->loop.post([worker, shared, purpose] { fetch_in_background(*worker, std::move(*shared), purpose); });
}

void follow_up(FetchContext& worker, const pipeline::RequestContext& context, std::string_view head_bytes) {
  if (context.stale) worker.cells.stale_served[static_cast<std::size_t>(*context.stale)].add();
  if (context.from_disk) note_in_book(worker, context, head_bytes);
  const bool ahead =
      !context.refresh && context.disposition == pipeline::Disposition::hit && is_due_ahead(worker, context);
  if (!context.refresh && !ahead) return;
  if (worker.fetch_table.is_under_way(context.variant.id, context.variant.identity)) return;
  if (ahead) note_tried(worker, context);
  auto own = context;
  if (own.request.bytes().empty()) own.request.own(head_bytes);
  fetch_in_background(worker, std::move(own), ahead ? Purpose::refresh_ahead : Purpose::refresh_stale);
}

}  // namespace cachearr::fetch
