#include "proxy/fetch.hpp"

#include "limit/ttl.hpp"
#include "proxy/flights.hpp"
#include "proxy/leader.hpp"
#include "proxy/turn.hpp"

namespace cachearr::proxy {

using http::Forward;

net::Task<> fetch(Desk& desk, std::shared_ptr<FetchJob> job) {
  Leader leader{desk, job};
  co_await leader.run();
  if (job->upload && !job->upload->started) {
    job->upload->ended = true;
    job->upload->done.set();
  }
}

std::shared_ptr<FetchJob> make_job(Desk& desk, const http::RequestHead& request, std::string_view head_bytes,
                                   const http::Framing& framing) {
  auto job = std::make_shared<FetchJob>();
  job->request = http::Owned<http::RequestHead>{request, head_bytes};
  job->framing = framing;
  job->known = std::move(desk.considered);
  job->regime = desk.regime;
  desk.considered = Considered{};
  return job;
}

namespace {

void refresh(Desk& desk, const Considered& known, const http::RequestHead& request, std::string_view head_bytes,
             bool ahead) {
  if (request.method != http::Method::get && request.method != http::Method::head) return;
  auto joined = desk.services.flights.join(known.id, known.identity, desk.services.store.generation(), desk.worker);
  if (!joined.leader) return;
  auto job = std::make_shared<FetchJob>();
  job->request = http::Owned<http::RequestHead>{request, head_bytes};
  job->request.head.method = http::Method::get;
  job->request.head.method_text = "GET";
  job->known = known;
  job->known.course = Course::validate;
  job->known.forward = Forward::stale;
  job->regime = desk.regime;
  job->flight = std::move(joined.flight);
  job->in_table = true;
  job->background = true;
  job->ahead = ahead;
  desk.worker.spawn(fetch(desk, job), "refresh");
}

constexpr Duration kPauseWithoutSpare{1000};
/// What lives for less is not worth spreading.
constexpr Duration kShortLife{600'000};

/// What was stored together must not expire together: an answer that a rule gives a long life is refreshed within the
/// last tenth of it, earlier or later by its key. Feeds stay as they are: their pages belong together.
bool is_spread(const Considered& known, const rules::Rule& rule) {
  const auto& meta = known.entry->meta;
  const Duration lifetime{meta.fresh_until_ms - meta.stored_ms};
  const auto left = TimePoint{Duration{meta.fresh_until_ms}} - known.now;
  if (left * 10 > lifetime || (meta.flags & caching::kFromRule) == 0 || lifetime < kShortLife ||
      rule.priority == rules::Priority::feed)
    return false;
  return known.now >= TimePoint{Duration{meta.stored_ms}} + limit::spread_ttl(lifetime, known.key.id);
}

/// A fresh answer whose end is near and that was asked for before, within what the upstream's budget leaves.
bool is_due_ahead(Desk& desk, const Considered& known) {
  const auto* const rule = known.verdict.rule;
  if (!rule || !desk.services.turnstile) return false;
  const auto& meta = known.entry->meta;
  const auto at = [](std::int64_t ms) { return TimePoint{Duration{ms}}; };
  const auto asked = known.entry->hits() - 1;
  const bool due =
      limit::refresh_ahead(known.now, at(meta.stored_ms), at(meta.fresh_until_ms), rule->refresh_ahead, asked) ||
      (asked > 0 && is_spread(known, *rule));
  if (!due || known.now < desk.ahead_again || !desk.settings().config.cache.prefetch_on_access ||
      known.verdict.upstream->mode == rules::UpstreamMode::offline ||
      desk.services.flights.is_up(known.id, known.identity))
    return false;
  const auto name = lane_of(known);
  if (desk.services.turnstile->registry().lane(name.upstream, name.credential, known.now)->has_spare(known.now))
    return true;
  desk.ahead_again = known.now + kPauseWithoutSpare;
  return false;
}

}  // namespace

void follow_up(Desk& desk, const Considered& known, const http::RequestHead& request, std::string_view head_bytes) {
  if (known.course == Course::serve_and_refresh) {
    desk.cells.stale_served[static_cast<std::size_t>(StaleReason::while_revalidate)].add();
    refresh(desk, known, request, head_bytes, false);
  } else if (known.detail == name_of(StaleReason::offline)) {
    desk.cells.stale_served[static_cast<std::size_t>(StaleReason::offline)].add();
  } else if (is_due_ahead(desk, known)) {
    refresh(desk, known, request, head_bytes, true);
  }
}

}  // namespace cachearr::proxy
