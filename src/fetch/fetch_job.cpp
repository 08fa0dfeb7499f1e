#include "fetch/fetch_job.hpp"

#include "fetch/admission_permit.hpp"
#include "fetch/fetch.hpp"
#include "fetch/fetch_table.hpp"
#include "limit/ttl.hpp"

namespace cachearr::fetch {

using http::Forward;

net::Task<> run_fetch(FetchContext& worker, std::shared_ptr<FetchJob> job) {
  Fetch leader{worker, job};
  co_await leader.run();
  if (job->upload && !job->upload->started) {
    job->upload->ended = true;
    job->upload->done.set();
  }
}

namespace {

/// The background fetch is decided by what its request was decided by, whatever the worker goes by meanwhile.
void refresh(FetchContext& worker, const pipeline::RequestContext& context, std::string_view head_bytes, bool ahead) {
  const auto method = context.head().method;
  if (method != http::Method::get && method != http::Method::head) return;
  auto joined = worker.fetch_table.join(context.variant.id, context.variant.identity, worker.shared.store.generation(),
                                        worker.loop);
  if (!joined.leader) return;
  auto job = std::make_shared<FetchJob>();
  job->context = worker.contexts.take(context.snapshot);
  *job->context = context;
  if (job->context->request.bytes().empty()) job->context->request.own(head_bytes);
  job->context->request.head.method = http::Method::get;
  job->context->request.head.method_text = "GET";
  job->context->disposition = pipeline::Disposition::revalidate;
  job->context->forward = Forward::stale;
  job->shared_fetch = std::move(joined.shared_fetch);
  job->in_table = true;
  job->background = true;
  job->ahead = ahead;
  worker.loop.spawn(run_fetch(worker, job), "refresh");
}

constexpr Duration kPauseWithoutSpare{1000};
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

/// A fresh answer whose end is near and that was asked for before, within what the upstream's budget leaves.
bool is_due_ahead(FetchContext& worker, const pipeline::RequestContext& context) {
  const auto* const rule = context.verdict.rule;
  if (!rule || !worker.admission) return false;
  const auto& meta = context.entry->meta;
  const auto at = [](std::int64_t ms) { return TimePoint{Duration{ms}}; };
  const auto asked = context.entry->hits() - 1;
  const bool due =
      limit::refresh_ahead(context.now, at(meta.stored_ms), at(meta.fresh_until_ms), rule->refresh_ahead, asked) ||
      (asked > 0 && is_spread(context, *rule));
  if (!due || context.now < worker.ahead_again || !worker.settings().config.cache.prefetch_on_access ||
      context.verdict.upstream->mode == rules::UpstreamMode::offline ||
      worker.fetch_table.is_under_way(context.variant.id, context.variant.identity))
    return false;
  const auto name = limiter_key_of(context);
  if (worker.admission->registry().limiter(name.upstream, name.credential, context.now)->has_spare(context.now))
    return true;
  worker.ahead_again = context.now + kPauseWithoutSpare;
  return false;
}

}  // namespace

void follow_up(FetchContext& worker, const pipeline::RequestContext& context, std::string_view head_bytes) {
  if (context.stale) worker.cells.stale_served[static_cast<std::size_t>(*context.stale)].add();
  if (context.refresh) {
    refresh(worker, context, head_bytes, false);
  } else if (context.disposition == pipeline::Disposition::hit && is_due_ahead(worker, context)) {
    refresh(worker, context, head_bytes, true);
  }
}

}  // namespace cachearr::fetch
