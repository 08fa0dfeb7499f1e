// What an answer is worth, and its way through the flight into the store.
#include "base/text.hpp"
#include "caching/freshness.hpp"
#include "fetch/cache_writer.hpp"
#include "fetch/fetch.hpp"
#include "net/body_reader.hpp"

namespace cachearr::fetch {

using http::FieldId;
using Kind = Outcome::Kind;

namespace {

/// Refusals are short; what is longer is data, and is shown as it comes.
constexpr std::uint64_t kLongestRefusal = 16 * 1024;
/// Without a stored answer that could stand in, longer bodies than this are shown while they come.
constexpr std::uint64_t kHeldAtMost = 256 * 1024;
constexpr std::size_t kLengthLine = 40;  // "Content-Length: ", the longest number, CRLF

bool is_data(std::string_view content_type) {
  const auto type = content_type.substr(0, content_type.find(';'));
  for (const std::string_view part : {"json", "xml", "nzb", "html"})
    if (text::icontains(type, part)) return true;
  return false;
}

}  // namespace

/// What is known from the head alone: may it be stored, may it be shared, must the body be seen first.
void Fetch::judge(const Asked& asked) {
  const bool is_get = job_->context->request.head.method == http::Method::get;
  outcome_.kind = Kind::answer;
  outcome_.status = asked.head.status;
  outcome_.answered = timing_.response_time;
  outcome_.bodiless = !is_get && asked.framing.body == http::Framing::Body::none &&
                      job_->context->request.head.method == http::Method::head;
  if (asked.head.status == 204 || asked.head.status == 304) outcome_.bodiless = true;
  answer_ = compose_answer_head(asked.head, timing_.response_time, outcome_.bodiless);
  if (asked.framing.body == http::Framing::Body::length) outcome_.length = asked.framing.length;
  if (asked.framing.body == http::Framing::Body::none && !outcome_.bodiless) outcome_.length = 0;
  auto& status = outcome_.cache_status;
  status.forward = job_->context->forward;
  status.forward_status = asked.head.status;
  status.detail = job_->context->detail;
  outcome_.shareable = false;
  const auto policy = this->policy();
  verdict_ = caching::may_store(job_->context->request.head, asked.head, policy, timing_);
  if (asked.head.fields.has(FieldId::age))
    outcome_.age = std::chrono::duration_cast<std::chrono::seconds>(
                       caching::initial_age(asked.head, caching::stated(asked.head, timing_.response_time), timing_))
                       .count();
  if (request_answers_get(asked)) return;
  if (!job_->may_store || !is_get || job_->context->disposition == pipeline::Disposition::pass) return;
  const bool too_large = outcome_.length.value_or(0) > max_object();
  if (verdict_.storable() && too_large) verdict_.reason = caching::Reason::too_large;
  keep_ = verdict_.storable();
  outcome_.shareable = keep_ || is_server_error(asked.head.status);
  if (!keep_) {
    if (status.detail.empty()) status.detail = caching::detail_of(verdict_.reason);
    const bool herd = verdict_.reason != caching::Reason::status && verdict_.reason != caching::Reason::partial;
    if (herd && !is_server_error(asked.head.status)) mark_hit_for_miss(worker_, *job_);
    return;
  }
  selecting_ = caching::selecting_fields(asked.head, policy);
  if (!selecting_.names.empty()) {
    outcome_.varies_by = caching::to_text(selecting_);
    caching::append_variant(outcome_.variant, outcome_.varies_by, job_->context->request.head.fields);
  }
}

/// Which bodies are looked at as a whole before they are stored, and before anything of them is shown: what a rule has
/// conditions on, data that may turn out to be none, and refusals, which are short.
void Fetch::hold_back(const Asked& asked) {
  const int status = asked.head.status;
  const auto type = asked.head.fields.value(FieldId::content_type);
  const bool by_rule = keep_ && status == 200 && rule() && (rules::needs_body(*rule()) || is_data(type));
  const bool indexer = upstream() && upstream()->errors == rules::ErrorStyle::newznab;
  const bool refusal = upstream() && is_data(type) && (status >= 400 || indexer);
  if (outcome_.bodiless || (!by_rule && !refusal)) {
    if (limited_) tell_limit(asked.head);
    return;
  }
  examine_ = held_ = true;
  hold_up_to_ = kLongestRefusal;
  if (by_rule) {
    const bool to_the_end = rules::needs_body(*rule()) || job_->context->entry || indexer;
    hold_up_to_ = to_the_end ? max_object() : kHeldAtMost;
  }
  head_ = http::Owned<http::ResponseHead>{asked.head, asked.connection->inbox.readable().substr(0, asked.head_bytes)};
}

/// The answer to a POST may be the representation that later GETs of its target get (RFC 9110 9.3.3): then it is stored
/// under their name.
bool Fetch::request_answers_get(const Asked& asked) {
  const auto& post = job_->context->request.head;
  if (rule() || post.method != http::Method::post || !caching::answers_later_get(post, asked.head)) return false;
  http::RequestHead get = post;
  get.method = http::Method::get;
  get.method_text = "GET";
  const auto verdict = caching::may_store(get, asked.head, policy(), timing_);
  if (!verdict.storable() || verdict.source == caching::LifetimeSource::none ||
      verdict.source == caching::LifetimeSource::heuristic)
    return false;
  if (outcome_.length.value_or(0) > max_object()) return false;
  verdict_ = verdict;
  selecting_ = caching::selecting_fields(asked.head, policy());
  rules::build_key(job_->context->verdict, get, job_->context->route.target, job_->context->captures,
                   worker_.shared.secret, worker_.scratch, job_->context->key);
  job_->generation = worker_.shared.store.generation();  // after what this very request invalidated
  keep_ = true;
  return true;
}

void Fetch::publish() {
  auto outcome = outcome_;
  outcome.head = answer_.text;
  shared_fetch_.decide(std::move(outcome));
}

net::Task<> Fetch::take_body(Asked& asked) {
  asked.connection->inbox.consume(asked.head_bytes);
  if (!keep_) land();  // who comes now must not wait for this answer
  outcome_.cache_status.stored = keep_;
  const bool whole = co_await pump(asked);
  worker_.cells.bytes_from_upstreams.add(shared_fetch_.size());
  if (!whole) {
    if (held_) fail({502, job_->context->route.target.host + " broke off in the middle of its answer"});
    shared_fetch_.break_off();
    co_return;
  }
  const auto worth = examine_ ? judge_whole_body() : Worth::good;
  if (held_ && worth != Worth::good) {
    const auto reason = worth == Worth::limited ? metrics::StaleReason::limited : metrics::StaleReason::refused;
    if (serve_stale(reason, outcome_.status)) {
      release(asked, whole);
      co_return;
    }
  }
  if (held_ && limited_) tell_limit(head_.head);
  if (keep_) store_whole();
  land();
  if (held_) publish();
  shared_fetch_.finish();
  release(asked, whole);
}

/// Moves the body from the connection into the flight. True where it arrived whole.
net::Task<bool> Fetch::pump(Asked& asked) {
  using Piece = net::BodyReader::Piece;
  net::BodyReader reader{*asked.connection->stream, asked.connection->inbox, asked.framing};
  bool shown = held_;
  for (;;) {
    Piece piece;
    // A body that came with its head is stored before the head is shown: its readers then need only one wake-up.
    const bool ready = reader.buffered(piece);
    if (!ready) {
      if (!shown) publish();
      shown = true;
      piece = co_await reader.next(asked.idle);
    }
    if (piece.kind == Piece::Kind::data) {
      shared_fetch_.append(piece.data, keep_ || held_);
      if (keep_ && shared_fetch_.size() > max_object()) {
        keep_ = false;
        land();
        if (held_) outcome_.cache_status.detail = caching::detail_of(caching::Reason::too_large);
        held_ = false;
        outcome_.cache_status.stored = false;
        examine_ = false;
        if (!shown) publish();
        shown = true;
      }
      if (held_ && shared_fetch_.size() > hold_up_to_) {
        held_ = false;
        examine_ = keep_;
        if (limited_) tell_limit(head_.head);
        publish();
        shown = true;
      }
      if (!keep_ && !held_ && shown) {
        const bool wanted = co_await shared_fetch_.make_room();
        if (!wanted) co_return false;
      }
      continue;
    }
    // Nothing was shown yet: an error tells more than a torso.
    if (piece.kind == Piece::Kind::failed && !shown)
      fail({502, job_->context->route.target.host + " broke off in the middle of its answer"});
    if (piece.kind == Piece::Kind::end && !shown) {
      if (keep_) store_whole();
      keep_ = false;
      publish();
    }
    co_return piece.kind == Piece::Kind::end;
  }
}

void Fetch::store_whole() {
  AnswerHead head{{}, answer_.etag_at, answer_.etag_size};
  head.text.reserve(answer_.text.size() + kLengthLine);
  head.text = answer_.text;
  if (outcome_.status != 204 && outcome_.status != 304) {
    head.text += "Content-Length: ";
    text::append_number(head.text, static_cast<std::int64_t>(shared_fetch_.size()));
    head.text += "\r\n";
  }
  const auto outcome = compare_with_stored();
  settle_lifetime(verdict_, outcome);
  count_prefetch(outcome == limit::Refetch::changed ? metrics::Prefetch::changed : metrics::Prefetch::unchanged);
  const auto pieces = shared_fetch_.pieces();
  store_response(worker_, *job_, verdict_, head, selecting_, pieces);
}

/// An upstream that counts requests at one time may count connections: as many are open as may be used, and at most as
/// many again are kept.
std::size_t Fetch::idle_at_most() const {
  const auto together = upstream() ? upstream()->rate.concurrency : 0;
  return together == 0 ? SIZE_MAX : std::max<std::size_t>(1, together / worker_.shared.metrics.workers().size());
}

/// The connection serves again only after a whole exchange.
void Fetch::release(Asked& asked, bool whole) {
  if (!whole || !asked.framing.keep_alive || asked.framing.body == http::Framing::Body::until_close) return;
  if (job_->upload && !job_->upload->finished) return;
  if (asked.head.status == 304 && validating_) asked.connection->inbox.consume(asked.head_bytes);
  worker_.connections.keep(std::move(asked.connection), idle_at_most());
}

}  // namespace cachearr::fetch
