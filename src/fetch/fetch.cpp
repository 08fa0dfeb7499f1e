// The steps of a fetch. Each names the next one; run() only follows.
//
//   step            what it does                                               next
//   --------------  ---------------------------------------------------------  ------------------------------------
//   offline         the operator has set the upstream offline: serve what is   newly_stored | shared | done
//                   stored, or an error
//   newly_stored    serve what another fetch has stored since the look-up      covered | done
//   covered         serve a page of a feed that a stored one holds             shared | admission | done
//   shared        ~ serve what another instance has stored, where it answers   admission | done
//                   in time
//   admission       a permit of the limiter, where one is free                 exchange | queue
//   queue         ~ wait for the permit, or be rejected: stale, or an error    exchange | admission | done
//   exchange      ~ connection, request, interim responses, head; an error:    response | queue | end
//                   once more, stale, or 502 and the like
//   response        look at the status                                         upgrade | not_modified | complete |
//                                                                              stand_in | plan
//   upgrade         101: the client takes the connection over                  end
//   not_modified    304: the stored response is confirmed, and answers;        release | admission
//                   where it does not fit, ask again without conditions
//   complete        206 or 416 about the rest of a stored part: both together  plan | admission
//                   are the response; where it does not fit, ask again
//   stand_in        an error or a limit: serve what is stored, where it may    plan | read_refusal | end
//   read_refusal  ~ the body of the limit may tell more about the pause        release | end
//   plan            store or pass, stream or buffer, inspect or not            relay_buffered
//   relay_buffered  the part of the body that came with the head               relay | inspect | store | publish | end
//   relay         ~ the rest of it                                             inspect | store | publish | end
//   inspect         look into the body; a small one is done with in one go     inspect_on | judge
//   inspect_on    ~ go on in steps, and let others go in between               judge
//   judge           an answer, no answer, or a limit? Stale where it is none   store | publish | release
//   store           put it into the store                                      publish
//   publish         show it, where that was not done yet, and end the body     release
//   release         keep the connection for the next exchange                  end
//   end             give the permit back                                       done
//
//   ~ waits: while it does, the client, the upstream, the configuration or the worker may go away.
//
// A body that came with its head is stored before its head is shown: whoever waits is woken once.
#include "fetch/fetch.hpp"

#include <utility>

#include "caching/partial.hpp"
#include "caching/reuse.hpp"
#include "caching/validation.hpp"
#include "fetch/feed_pages.hpp"
#include "fetch/fetch_table.hpp"
#include "fetch/rejection.hpp"
#include "fetch/shared_look_up.hpp"
#include "fetch/stale.hpp"
#include "limit/limit_head.hpp"

namespace cachearr::fetch {

using http::FieldId;
using metrics::StaleReason;

Fetch::Fetch(FetchContext& worker, std::shared_ptr<FetchJob> job)
    : worker_{worker},
      job_{std::move(job)},
      shared_fetch_{*job_->shared_fetch},
      permit_{worker.admission, worker.loop},
      relay_{shared_fetch_} {}

/// Whatever way a fetch ends, a worker that is given up included, nobody waits for it for ever.
Fetch::~Fetch() {
  leave_table();
  if (shared_fetch_.is_pending()) shared_fetch_.decide(error_outcome(502, "the request was given up"));
  shared_fetch_.break_off();  // no effect where the body is whole
}

net::Task<> Fetch::run() {
  auto step = Step::offline;
  while (step != Step::done) {
    if (step == Step::queue) {
      const auto begun = worker_.now();
      const auto rejection = co_await permit_.wait(job_);
      shared_fetch_.waited(worker_.now() - begun);
      step = after_queue(rejection);
    } else if (step == Step::shared) {
      step = co_await ask_shared();
    } else if (step == Step::exchange) {
      auto response = co_await exchange(worker_, job_, conditional_lines());
      step = after_exchange(std::move(response));
    } else if (step == Step::read_refusal) {
      co_await read_refusal();
      step = Step::end;
    } else if (step == Step::relay) {
      step = co_await relay();
    } else if (step == Step::inspect_on) {
      co_await inspect_on();
      step = Step::judge;
    } else {
      step = run_step(step);
    }
  }
}

Fetch::Step Fetch::run_step(Step step) {
  switch (step) {
    case Step::offline: return check_offline();
    case Step::newly_stored: return check_newly_stored();
    case Step::covered: return check_covered();
    case Step::admission: return try_admission();
    case Step::response: return choose_by_status();
    case Step::upgrade: return hand_over();
    case Step::not_modified: return confirm_stored();
    case Step::complete: return complete_stored();
    case Step::stand_in: return try_stand_in();
    case Step::plan: return plan();
    case Step::relay_buffered: return relay_buffered();
    case Step::inspect: return inspect();
    case Step::judge: return judge();
    case Step::store: return store();
    case Step::publish: return publish();
    case Step::release: return release();
    case Step::end: return end_exchange();
    case Step::shared:
    case Step::queue:
    case Step::exchange:
    case Step::read_refusal:
    case Step::relay:
    case Step::inspect_on:
    case Step::done: break;
  }
  return Step::done;
}

bool Fetch::is_offline() const noexcept {
  return context().snapshot->modes->of(upstream()) == rules::UpstreamMode::offline;
}

Fetch::Step Fetch::check_offline() {
  if (!is_offline()) return Step::newly_stored;
  return may_look_in_shared(worker_, *job_) ? Step::shared : serve_offline();
}

Fetch::Step Fetch::serve_offline() {
  if (serve_stale({StaleReason::offline, true}, 0)) return Step::done;
  auto failed =
      error_outcome(504, context().snapshot->modes->why_offline(*upstream()) + ", and nothing usable is stored");
  failed.cache_status.detail = name_of(StaleReason::offline);
  shared_fetch_.decide(std::move(failed));
  return Step::done;
}

/// Between this request's look-up and the begin of its fetch another fetch may have ended: then the store has the
/// response by now, and the origin need not be asked twice.
Fetch::Step Fetch::check_newly_stored() {
  if (!job_->in_table) return Step::admission;
  const auto& fields = request().fields;
  auto entry = worker_.shared.store.find(context().variant.id, context().variant.identity);
  std::string varies_by = context().variant.varies_by;
  if (const auto marker = caching::marker_of(entry)) {
    caching::VariantName name;
    caching::select_variant(context().resource(), marker, fields, name);
    entry = worker_.shared.store.find(name.id, name.identity);
    varies_by = std::move(name.varies_by);
  }
  if (!entry || caching::kind_of(entry->meta, context().now) != caching::EntryKind::response) return Step::covered;
  const auto& known = context().entry;
  if (known && entry->meta.stored_ms <= known->meta.stored_ms) return Step::covered;
  const auto now = worker_.now();
  if (caching::judge(entry->meta, context().directives, now).reuse != caching::Reuse::fresh) return Step::covered;
  serve_hit(hit_outcome(std::move(entry), varies_by, fields, now));
  return Step::done;
}

Fetch::Step Fetch::check_covered() {
  auto page = page_from_stored(worker_, *job_);
  if (!page) return may_look_in_shared(worker_, *job_) ? Step::shared : Step::admission;
  serve_hit(hit_outcome(std::move(page), {}, request().fields, worker_.now()));
  return Step::done;
}

net::Task<Fetch::Step> Fetch::ask_shared() {
  auto found = co_await look_in_shared(worker_, job_);
  claim_ = std::move(found.claim);
  if (!found.entry) co_return is_offline() ? serve_offline() : Step::admission;
  auto outcome = hit_outcome(std::move(found.entry), found.varies_by, request().fields, worker_.now());
  outcome.cache_status.detail = kShared;
  serve_hit(std::move(outcome));
  co_return Step::done;
}

Fetch::Step Fetch::try_admission() { return permit_.try_acquire(*job_) ? Step::exchange : Step::queue; }

Fetch::Step Fetch::after_queue(const std::optional<Rejection>& rejection) {
  if (!rejection) return is_offline() ? serve_offline() : Step::exchange;  // paused while it waited
  if (rejection->abandoned) {
    leave_table();  // nobody joins any more; who did in the last moment is served
    if (shared_fetch_.has_readers()) return Step::admission;
  }
  reject(*rejection);
  return Step::done;
}

/// Our own conditions, for a response that is stored and may be confirmed, or completed.
std::string Fetch::conditional_lines() {
  std::string lines;
  http::ResponseHead stored;
  const auto& fields = request().fields;
  conditions_ = Conditions::none;
  if (!unconditional_ && context().entry && context().disposition != pipeline::Disposition::pass &&
      request().method == http::Method::get && http::parse_stored_head(context().entry->head(), stored))
    caching::append_validators(lines, stored);
  completion_ = lines.empty() && !unconditional_ ? begin_completion(worker_, *job_) : nullptr;
  if (!lines.empty()) {
    conditions_ = Conditions::ours;
  } else if (completion_) {
    caching::append_rest(lines, completion_->rest, completion_->part_head.head);
    conditions_ = Conditions::for_rest;
  } else if (!job_->asks_for_whole() &&
             (fields.has(FieldId::if_none_match) || fields.has(FieldId::if_modified_since))) {
    conditions_ = Conditions::of_client;
  }
  return lines;
}

Fetch::Step Fetch::after_exchange(Result<UpstreamResponse, UpstreamError> response) {
  asked_ = true;
  if (claim_) claim_->asked = true;
  if (!response) {
    // The breaker counts requests that failed, not how often each was tried.
    permit_.end(retries_ > 0 ? limit::Outcome::abandoned : limit_outcome_of(response.error()), Duration{-1});
    if (!is_of_client(response.error().kind)) {
      worker_.cells.upstream_failed(upstream_name(), response.error().asked);
    }
    if (response.error().retryable && retries_++ < most_retries()) {
      if (permit_.try_acquire(*job_)) return Step::exchange;
      if (permit_.is_shared()) return Step::queue;
    }
    fail(response.error());
    return Step::done;
  }
  response_.emplace(std::move(*response));
  if (claim_ && response_->framing.length > claim_->most_bytes) claim_.reset();  // others need not wait for its end
  worker_.cells.upstream_answered(upstream_name(), response_->head.status,
                                  static_cast<std::uint64_t>(response_->took.count()));
  outcome_.tls = response_->connection->tls;
  observe_head();
  return Step::response;
}

Fetch::Step Fetch::choose_by_status() {
  const int status = response_->head.status;
  if (status == 101) return Step::upgrade;
  if (status == 304 && conditions_ == Conditions::ours) return Step::not_modified;
  if ((status == 206 || status == 416) && conditions_ == Conditions::for_rest) return Step::complete;
  completion_ = nullptr;
  if (status == 304 && conditions_ != Conditions::of_client) {
    fail({UpstreamError::Kind::malformed, host() + " answered 304 to a request without conditions"});
    return Step::end;
  }
  // A 500 may be about this request alone.
  if (is_server_error(status) && status != 500 && origin_said_ == limit::Outcome::answered)
    origin_said_ = limit::Outcome::failed;
  const bool limited = origin_said_ == limit::Outcome::limited || status == 429;
  return limited || is_server_error(status) ? Step::stand_in : Step::plan;
}

Fetch::Step Fetch::hand_over() {
  outcome_.kind = FetchOutcome::Kind::upgraded;
  outcome_.head = compose_upgrade(response_->head);
  consume_head();
  job_->handed_over = std::move(response_->connection);
  shared_fetch_.decide(std::move(outcome_));
  shared_fetch_.finish();
  return Step::end;
}

void Fetch::end_permit() {
  const auto& timing = response_->timing;
  permit_.end(origin_said_, std::chrono::duration_cast<Duration>(timing.response_time - timing.request_time));
}

Fetch::Step Fetch::end_exchange() {
  end_permit();
  return Step::done;
}

void Fetch::serve_hit(FetchOutcome outcome) {
  shared_fetch_.decide(std::move(outcome));
  shared_fetch_.finish();
}

bool Fetch::serve_stale(const Trouble& trouble, int origin_status) {
  const auto& entry = context().entry;
  if (!entry || (job_->is_background() && !shared_fetch_.has_readers())) return false;
  const auto now = worker_.now();
  const auto reason = trouble.reason;
  if (!may_stand_in(trouble, entry->meta, context().directives, now)) return false;
  worker_.cells.stale_served[static_cast<std::size_t>(reason)].add();
  auto stale = hit_outcome(entry, context().variant.varies_by, request().fields, now);
  stale.stale = reason;
  stale.status = origin_status;
  stale.asked = asked_;
  stale.cache_status.detail = name_of(reason);
  stale.refused_for = outcome_.refused_for;
  serve_hit(std::move(stale));
  return true;
}

void Fetch::fail(const UpstreamError& error) {
  count_prefetch(metrics::Prefetch::failed);
  const Trouble trouble{StaleReason::if_error, false, !rule() && is_unreachable(error.kind)};
  if (!is_of_client(error.kind) && serve_stale(trouble, 0)) return;
  auto failed = error_outcome(status_of(error.kind), error.what);
  failed.cache_status.forward = context().forward;
  failed.cache_status.detail = context().detail;
  shared_fetch_.decide(std::move(failed));
}

void Fetch::reject(const Rejection& rejection) {
  count_prefetch(metrics::Prefetch::denied);
  // A breaker is open because the upstream could not be reached.
  const Trouble trouble{stale_reason_of(rejection.why), false, !rule() && rejection.why == limit::Why::breaker};
  if (rejection.abandoned || serve_stale(trouble, 0)) return;
  if (rejection.why == limit::Why::cooldown && repeat_refusal(rejection)) return;
  shared_fetch_.decide(rejection_outcome(rejection, upstream() ? upstream()->name : host(), worker_.now()));
}

bool Fetch::repeat_refusal(const Rejection& rejection) {
  if (!upstream() || upstream()->errors != rules::ErrorStyle::newznab) return false;
  const auto limiter = limiter_key_of(context());
  const auto said = worker_.admission->refusal_of(limiter.upstream, limiter.credential);
  if (!said) return false;
  leave_table();
  const bool bodiless = request().method == http::Method::head;
  shared_fetch_.decide(repeated_refusal(rejection, *said, context(), bodiless, worker_.now()));
  shared_fetch_.append(said->body, true);
  shared_fetch_.finish();
  return true;
}

/// Where rules say something of an upstream, its pauses are kept for all of its clients. A host that nobody described
/// is passed through as it is: each client hears what it says and waits by itself.
bool Fetch::observes_limits() const noexcept {
  if (!worker_.admission) return false;
  if (rule()) return true;
  const auto* const named = upstream();
  return named && (named->rate.per_second > 0 || named->rate.concurrency > 0 || !named->rate.quotas.empty() ||
                   named->credentials_given || named->errors == rules::ErrorStyle::newznab);
}

/// A 503 without a time says no more than that the origin is broken, but where requests are known to be counted.
void Fetch::observe_head() {
  const auto& head = response_->head;
  if (!observes_limits() || !limit::may_tell_limits(head)) return;
  auto signal = limit::read_head(head, response_->timing.response_time);
  const bool counted = upstream() && upstream()->rate.per_second > 0;
  if (head.status == 503 && !head.fields.has(FieldId::retry_after) && !counted) signal.limited = false;
  observe(signal);
}

void Fetch::observe(const content::LimitSignal& signal) {
  if (signal.limited) origin_said_ = limit::Outcome::limited;
  permit_.observe(signal);
}

/// From here on the store answers; nobody joins any more.
void Fetch::leave_table() {
  claim_.reset();
  if (!job_->in_table) return;
  job_->in_table = false;
  worker_.fetch_table.remove(context().variant.id, job_->shared_fetch);
}

void Fetch::count_prefetch(metrics::Prefetch result) {
  if (job_->purpose == Purpose::refresh_ahead) worker_.cells.prefetches[static_cast<std::size_t>(result)].add();
}

}  // namespace cachearr::fetch
