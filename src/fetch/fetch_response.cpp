// The steps of a fetch that follow the head of a response.
#include <algorithm>
#include <array>
#include <utility>

#include "base/log.hpp"
#include "caching/freshness.hpp"
#include "fetch/cache_writer.hpp"
#include "fetch/confirmation.hpp"
#include "fetch/fetch.hpp"
#include "fetch/inspection.hpp"
#include "fetch/last_fetch.hpp"
#include "fetch/lifetime.hpp"
#include "fetch/rejection.hpp"
#include "net/event.hpp"

namespace cachearr::fetch {

using http::FieldId;
using metrics::StaleReason;
using Body = http::Framing::Body;

namespace {
constexpr std::size_t kLongestUnstored = 16 * 1024;
constexpr Duration kNoLimit = std::chrono::hours{24 * 365};
}  // namespace

/// The stored response is confirmed and takes over what the 304 says (RFC 9111 4.3.4).
Fetch::Step Fetch::confirm_stored() {
  const Update update{request(), context(), response_->head, response_->timing};
  auto confirmed = confirm_by_304(update);
  if (!confirmed) {
    log::warning(host() + " answered 304 for " + context().key.key + ", but " + confirmed.error().what +
                 ": it is asked for the whole");
    ask_again_unconditionally();
    return Step::admission;
  }
  auto entry = context().entry;
  const bool stored = confirmed->verdict.storable();
  if (stored) {
    learn_lifetime(rule(), entry, limit::Refetch::unchanged, confirmed->verdict);
    auto freshened = freshen_stored(worker_, *job_, confirmed->verdict, std::move(confirmed->head));
    if (freshened) entry = std::move(freshened);
  }
  const auto own = confirmed->verdict.reason == caching::Reason::set_cookie
                       ? freshen_for_one(worker_, *job_, std::move(confirmed->head))
                       : store::EntryPtr{};
  const bool for_one{own};
  if (for_one) entry = own;
  note_last_fetch(worker_.shared.store, rule(), context().captures, response_->timing.response_time);
  count_prefetch(metrics::Prefetch::unchanged);
  auto outcome = entry_outcome(std::move(entry), context().variant.varies_by, request().fields);
  outcome.status = 304;
  outcome.asked = true;
  outcome.cache_status.forward = context().forward;
  outcome.cache_status.forward_status = 304;
  outcome.cache_status.stored = stored;
  outcome.shareable = !for_one;
  if (for_one) outcome.cache_status.detail = caching::detail_of(caching::Reason::set_cookie);
  outcome.tls = outcome_.tls;
  consume_head();
  leave_table();
  serve_hit(std::move(outcome));
  return Step::release;
}

/// What is stored and the rest of it are one response, shown and stored as any other.
Fetch::Step Fetch::complete_stored() {
  if (accept_rest(*completion_, *response_)) {
    job_->generation = std::min(job_->generation, completion_->generation);
    return Step::plan;
  }
  give_up(worker_, *completion_);
  completion_ = nullptr;
  ask_again_unconditionally();
  return Step::admission;
}

/// What is stored must not be served on the word of a message about something else.
void Fetch::ask_again_unconditionally() {
  unconditional_ = true;
  consume_head();
  if (response_->framing.body == Body::none) keep_connection();
  end_exchange();
  response_.reset();
  origin_said_ = limit::Outcome::answered;
}

Fetch::Step Fetch::try_stand_in() {
  const int status = response_->head.status;
  const bool limited = origin_said_ == limit::Outcome::limited;
  const bool stale = (is_server_error(status) && serve_stale({StaleReason::if_error}, status)) ||
                     ((limited || status == 429) && serve_stale({StaleReason::limited}, status));
  if (!stale) return Step::plan;
  return limited ? Step::read_refusal : Step::end;
}

/// The client has its answer; the body of the refusal may tell more about the pause.
net::Task<> Fetch::read_refusal() {
  const std::string type{response_->head.fields.value(FieldId::content_type)};
  const std::string coding{response_->head.fields.value(FieldId::content_encoding)};
  const int status = response_->head.status;
  consume_head();
  auto& connection = *response_->connection;
  net::BodyReader reader{*connection.stream, connection.inbox, response_->framing};
  std::string body;
  Piece piece;
  do {
    piece = co_await reader.next(settings().config.timeouts.upstream_idle);
    if (piece.kind == Piece::Kind::data) body += piece.data;
  } while (piece.kind == Piece::Kind::data && body.size() <= kLongestUnstored);
  const std::array<std::string_view, 1> pieces{body};
  BodyInspection inspection{{status, type, coding, pieces}, context().verdict};
  while (inspection.advance()) co_await net::let_others_go(worker_.loop);
  permit_.observe(inspection.end(worker_.now()).signal);
  if (piece.kind == Piece::Kind::end) keep_connection();
}

Fetch::Step Fetch::plan() {
  if (completion_) response_->head = completion_->whole.head;
  const auto& head = response_->head;
  if (request().method != http::Method::get || context().disposition == pipeline::Disposition::pass)
    invalidate_after_write(worker_, *job_, head);
  const auto& framing = completion_ ? completion_->framing : response_->framing;
  const ResponseFacts facts{request(), context(),         head,
                            framing,   response_->timing, settings().config.limits.max_object_bytes};
  plan_ = plan_response(facts);
  prepare_outcome();
  if (plan_.mark_hit_for_miss) mark_hit_for_miss(worker_, *job_);
  if (plan_.as_answer_to_get) name_as_get(worker_, *job_);
  relay_.begin(plan_.body, plan_.bounds);
  if (response_->framing.body == Body::chunked) connection_options_ = head.fields.joined(FieldId::connection);
  if (is_inspected(plan_.body)) {
    const auto bytes = response_->connection->inbox.readable().substr(0, response_->head_bytes);
    head_ = completion_ ? completion_->whole : http::Owned<http::ResponseHead>{head, bytes};
  } else if (origin_said_ == limit::Outcome::limited) {
    tell_limit(head);
  }
  if (response_->framing.body == Body::none && request().method == http::Method::head) update_by_head();
  consume_head();
  if (!is_stored(plan_.body)) leave_table();  // who comes now must not wait for this response
  return Step::relay_buffered;
}

/// All of the outcome that the head of the response tells.
void Fetch::prepare_outcome() {
  const auto& head = response_->head;
  const auto& timing = response_->timing;
  if (plan_.verdict.drop_cookies) {
    auto told = head;
    told.fields.remove(FieldId::set_cookie);
    text_ = compose_response_head(told, timing.response_time, plan_.bodiless);
  } else {
    text_ = compose_response_head(head, timing.response_time, plan_.bodiless);
  }
  outcome_.kind = FetchOutcome::Kind::answer;
  outcome_.status = head.status;
  outcome_.answered = timing.response_time;
  outcome_.bodiless = plan_.bodiless;
  outcome_.live = plan_.live;
  outcome_.length = plan_.length;
  outcome_.shareable = plan_.shareable;
  outcome_.is_coded = head.fields.has(FieldId::content_encoding);
  outcome_.locates = head.fields.has(FieldId::location) || head.fields.has(FieldId::content_location);
  outcome_.cache_status.forward = context().forward;
  outcome_.cache_status.forward_status = head.status;
  outcome_.cache_status.detail = plan_.detail;
  outcome_.cache_status.stored = is_stored(plan_.body);
  if (head.fields.has(FieldId::age)) {
    const auto age = caching::initial_age(head, caching::stated(head, timing.response_time), timing);
    outcome_.age = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  }
  if (!plan_.selecting.names.empty() && !plan_.as_answer_to_get)
    outcome_.select_by(caching::to_text(plan_.selecting), request().fields);
}

/// A HEAD's response tells whether the stored response to GET still holds (RFC 9111 4.3.5).
void Fetch::update_by_head() {
  const Update update{request(), context(), response_->head, response_->timing};
  Confirmation confirmation;
  switch (confirm_by_head(update, confirmation)) {
    case HeadVerdict::no_news: break;
    case HeadVerdict::contradicts:
      worker_.shared.store.erase(context().entry->id(), context().entry->identity());
      break;
    case HeadVerdict::confirms:
      freshen_stored(worker_, *job_, confirmation.verdict, std::move(confirmation.head));
      break;
  }
}

void Fetch::tell_limit(const http::ResponseHead& head) {
  auto told = compose_limit_head(head, permit_.paused_until(), response_->timing.response_time, worker_.now(),
                                 outcome_.bodiless);
  text_ = std::move(told.text);
  outcome_.status = told.status;
}

Fetch::Step Fetch::relay_buffered() {
  auto& connection = *response_->connection;
  reader_.emplace(*connection.stream, connection.inbox, response_->framing);
  if (completion_ && completion_->begins_with_part()) take_piece(completion_->part->body());
  Piece piece;
  while (reader_->buffered(piece)) {
    if (piece.kind != Piece::Kind::data) return after_body(piece);
    take_piece(piece.data);
  }
  if (is_shown(relay_.mode())) show();
  return Step::relay;
}

net::Task<Fetch::Step> Fetch::relay() {
  const auto idle = plan_.live ? kNoLimit : response_->idle;
  const auto watched = plan_.live ? end_when_abandoned() : nullptr;
  if (plan_.live) end_permit();  // it may last for days, and others want to ask meanwhile
  for (;;) {
    const auto piece = co_await reader_->next(idle);
    if (piece.kind != Piece::Kind::data) co_return after_body(piece);
    take_piece(piece.data);
    if (relay_.mode() != BodyMode::pass) continue;
    const bool wanted = co_await shared_fetch_.wait_for_readers();
    if (!wanted) co_return after_broken_body();
  }
}

/// A quiet stream that nobody reads any more would be waited for without end. What is returned keeps watch.
std::shared_ptr<net::Stream*> Fetch::end_when_abandoned() {
  auto watched = std::make_shared<net::Stream*>(response_->connection->stream.get());
  shared_fetch_.on_abandoned([abandoned = std::weak_ptr{watched}] {
    if (const auto stream = abandoned.lock()) (*stream)->close();
  });
  if (!shared_fetch_.has_readers()) (*watched)->close();
  return watched;
}

void Fetch::take_piece(std::string_view data) {
  switch (relay_.append(data)) {
    case BodyRelay::Change::none: return;
    case BodyRelay::Change::too_large_to_store:
      leave_table();
      outcome_.cache_status.stored = false;
      if (!visible_) outcome_.cache_status.detail = caching::detail_of(caching::Reason::too_large);
      break;
    case BodyRelay::Change::too_long_to_buffer:
      if (origin_said_ == limit::Outcome::limited) tell_limit(head_.head);
      break;
  }
  show();
}

/// Shows the head, and the body as it comes.
void Fetch::show() {
  if (visible_) return;
  visible_ = true;
  auto shown = outcome_;
  shown.head = text_.text;
  shared_fetch_.decide(std::move(shown));
}

/// Without what was stored before.
std::uint64_t Fetch::received_bytes() const noexcept {
  const bool has_part = completion_ && completion_->begins_with_part();
  return relay_.bytes() - (has_part ? completion_->part->body().size() : 0);
}

/// The response is here as a whole: what that took is what its reuse saves.
void Fetch::count_received() {
  const auto bytes = received_bytes();
  worker_.cells.bytes_from_upstreams.add(bytes);
  worker_.cells.upstream_sent(upstream_name(), bytes);
  const auto took = std::max((worker_.now() - response_->timing.request_time).count(), Duration::rep{0});
  const auto quotas = upstream() ? upstream()->rate.quotas.size() : 0;
  job_->cost = {caching::capped(static_cast<std::uint64_t>(took)), caching::capped(bytes), caching::capped(quotas)};
  if (completion_) job_->cost = caching::joined(job_->cost, completion_->part->cost());
}

Fetch::Step Fetch::after_body(const Piece& last) {
  if (last.kind != Piece::Kind::end) return after_broken_body();
  count_received();
  if (completion_ && !completion_->begins_with_part()) take_piece(completion_->part->body());
  if (is_inspected(relay_.mode())) return Step::inspect;
  return is_stored(relay_.mode()) ? Step::store : Step::publish;
}

/// Where nothing was shown yet, an error tells more than a part of the body.
Fetch::Step Fetch::after_broken_body() {
  count_received();
  if (!visible_) fail({UpstreamError::Kind::broken_off, host() + " broke off in the middle of its answer"});
  shared_fetch_.break_off();
  return Step::end;
}

/// The views of the head end here.
void Fetch::consume_head() {
  response_->connection->inbox.consume(response_->head_bytes);
  response_->head_bytes = 0;
}

/// REQUIRES: the whole response was read. The connection serves again only after a whole exchange.
void Fetch::keep_connection() {
  const auto& framing = response_->framing;
  if (!framing.keep_alive || framing.body == Body::until_close) return;
  if (job_->upload && !job_->upload->is_used_up()) return;
  worker_.connections.keep(std::move(response_->connection), idle_at_most());
}

/// An upstream that counts requests at one time may count connections: as many are open as may be used, and at most as
/// many again are kept.
std::size_t Fetch::idle_at_most() const {
  const auto together = upstream() ? upstream()->rate.concurrency : 0;
  return together == 0 ? SIZE_MAX : std::max<std::size_t>(1, together / worker_.shared.metrics.workers().size());
}

}  // namespace cachearr::fetch
