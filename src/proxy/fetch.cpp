#include "proxy/fetch.hpp"

#include "caching/freshness.hpp"
#include "caching/reuse.hpp"
#include "caching/validation.hpp"
#include "net/body_reader.hpp"
#include "proxy/answer_head.hpp"
#include "proxy/ask.hpp"
#include "proxy/flights.hpp"
#include "proxy/keeping.hpp"

namespace cachearr::proxy {

using http::FieldId;
using http::Forward;
using Kind = Outcome::Kind;

namespace {

bool is_server_error(int status) noexcept { return status == 500 || status == 502 || status == 503 || status == 504; }

/// One leader at work. Lives in fetch()'s frame.
class Leader {
 public:
  Leader(Desk& desk, std::shared_ptr<FetchJob> job) : desk_{desk}, job_{std::move(job)}, flight_{*job_->flight} {}
  ~Leader();
  Leader(const Leader&) = delete;
  Leader& operator=(const Leader&) = delete;
  net::Task<> run();

 private:
  bool serve_stale(StaleReason reason, int origin_status);
  bool asked_conditionally() const;
  caching::Policy policy() const;
  void fail(const AskFailure& failure);
  std::string validators() const;
  net::Task<> take(Asked& asked);
  void take_not_modified(const Asked& asked);
  void take_head_answer(const Asked& asked);
  net::Task<> take_body(Asked& asked);
  void judge(const Asked& asked);
  bool request_answers_get(const Asked& asked);
  bool judge_whole_body();
  void publish();
  net::Task<bool> pump(Asked& asked);
  void store_whole();
  void land();
  void release(Asked& asked, bool whole);
  std::uint64_t max_object() const noexcept { return job_->regime.settings->config.limits.max_object_bytes; }
  const rules::Rule* rule() const noexcept { return job_->known.verdict.rule; }

  Desk& desk_;
  std::shared_ptr<FetchJob> job_;
  Flight& flight_;
  bool validating_ = false;
  // Of the answer under way:
  http::Owned<http::ResponseHead> head_;
  caching::Timing timing_;
  AnswerHead answer_;
  caching::StoreVerdict verdict_;
  caching::Selecting selecting_;
  Outcome outcome_;
  bool keep_ = false;  // the body is being stored
  bool held_ = false;  // nothing is shown before the whole body was looked at
};

Leader::~Leader() {
  land();
  Outcome lost;
  lost.kind = Kind::failed;
  lost.error_status = 502;
  lost.error = "the request was given up";
  flight_.decide(std::move(lost));  // no effect where the outcome is known
  flight_.break_off();              // no effect where the body is whole
}

/// From here on the store answers; nobody joins any more.
void Leader::land() {
  if (!job_->in_table) return;
  job_->in_table = false;
  desk_.services.flights.land(job_->known.id, job_->flight);
}

bool Leader::serve_stale(StaleReason reason, int origin_status) {
  const auto& entry = job_->known.entry;
  if (!entry || job_->background) return false;
  const auto now = desk_.now();
  const bool allowed = reason == StaleReason::limited
                           ? caching::may_serve_when_limited(entry->meta, now)
                           : caching::may_serve_on_error(entry->meta, job_->known.directives, now);
  if (!allowed) return false;
  desk_.cells.stale_served[static_cast<std::size_t>(reason)].add();
  Outcome stale;
  stale.kind = Kind::entry;
  stale.entry = entry;
  stale.status = origin_status;
  stale.cache_status.hit = true;
  stale.cache_status.ttl = caching::ttl_at(entry->meta, now);
  stale.cache_status.detail = name_of(reason);
  flight_.decide(std::move(stale));
  flight_.finish();
  return true;
}

/// Credentials are part of the name where an upstream is known, so that Authorization does not stand in the way;
/// without one RFC 9111 alone decides.
caching::Policy Leader::policy() const {
  caching::Policy policy;
  if (rule()) policy = rule()->policy;
  policy.partitioned = policy.partitioned || (rule() && job_->known.key.has_credentials);
  return policy;
}

void Leader::fail(const AskFailure& failure) {
  if (!failure.by_client && serve_stale(StaleReason::if_error, 0)) return;
  Outcome failed;
  failed.kind = Kind::failed;
  failed.error_status = failure.status;
  failed.error = failure.what;
  failed.cache_status.forward = job_->known.forward;
  failed.cache_status.detail = job_->known.detail;
  flight_.decide(std::move(failed));
}

std::string Leader::validators() const {
  std::string lines;
  const auto& known = job_->known;
  http::ResponseHead stored;
  if (known.course == Course::bypass || !known.entry || job_->request.head.method != http::Method::get) return lines;
  if (http::parse_stored_head(known.entry->head(), stored)) caching::append_validators(lines, stored);
  return lines;
}

net::Task<> Leader::run() {
  auto conditions = validators();
  validating_ = !conditions.empty();
  auto asked = co_await ask(desk_, job_, std::move(conditions));
  if (!asked) {
    fail(asked.error());
    co_return;
  }
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(asked->timing.response_time - asked->timing.request_time);
  desk_.cells.upstream_answered(job_->known.verdict.upstream ? job_->known.verdict.upstream->name : std::string{},
                                asked->head.status, static_cast<std::uint64_t>(took.count()));
  co_await take(*asked);
}

/// The client's own conditions went along.
bool Leader::asked_conditionally() const {
  const auto& fields = job_->request.head.fields;
  if (job_->known.course == Course::validate && job_->request.head.method == http::Method::get) return validating_;
  return fields.has(FieldId::if_none_match) || fields.has(FieldId::if_modified_since);
}

net::Task<> Leader::take(Asked& asked) {
  const int status = asked.head.status;
  timing_ = asked.timing;
  if (status == 101) {
    outcome_.kind = Kind::upgraded;
    outcome_.head = compose_upgrade(asked.head);
    asked.connection->inbox.consume(asked.head_bytes);
    job_->handed_over = std::move(asked.connection);
    flight_.decide(std::move(outcome_));
    flight_.finish();
    co_return;
  }
  if (status == 304 && validating_) {
    take_not_modified(asked);
    release(asked, true);
    co_return;
  }
  if (status == 304 && !asked_conditionally()) {
    fail({502, job_->known.route.target.host + " answered 304 to a request without conditions"});
    co_return;
  }
  if (is_server_error(status) && serve_stale(StaleReason::if_error, status)) co_return;
  if (status == 429 && serve_stale(StaleReason::limited, status)) co_return;
  if (job_->request.head.method != http::Method::get || job_->known.course == Course::bypass)
    invalidate_after_write(desk_, *job_, asked.head);
  judge(asked);
  if (asked.framing.body == http::Framing::Body::none && job_->request.head.method == http::Method::head)
    take_head_answer(asked);
  co_await take_body(asked);
}

/// RFC 9111 4.3.3 and 4.3.4: the stored answer is confirmed and takes over what the 304 says.
void Leader::take_not_modified(const Asked& asked) {
  const auto& entry = job_->known.entry;
  http::ResponseHead stored;
  http::ResponseHead merged_parsed;
  store::EntryPtr fresh = entry;
  const auto policy = this->policy();
  bool stored_again = false;
  if (http::parse_stored_head(entry->head(), stored) && caching::selects(asked.head, stored)) {
    auto merged = caching::merged_head(stored, asked.head);
    if (http::parse_stored_head(merged, merged_parsed)) {
      const auto verdict = caching::may_freshen(job_->request.head, merged_parsed, asked.head, policy, timing_);
      if (verdict.storable() && job_->may_store) {
        if (auto kept = keep_freshened(desk_, *job_, verdict, std::move(merged))) fresh = std::move(kept);
        stored_again = true;
      }
    }
  }
  Outcome confirmed;
  confirmed.kind = Kind::entry;
  confirmed.entry = fresh;
  confirmed.status = 304;
  confirmed.cache_status.forward = job_->known.forward;
  confirmed.cache_status.forward_status = 304;
  confirmed.cache_status.stored = stored_again;
  confirmed.varies_by = job_->known.varies_by;
  land();
  flight_.decide(std::move(confirmed));
  flight_.finish();
}

/// A HEAD's answer tells whether the stored answer to GET still holds (RFC 9111 4.3.5).
void Leader::take_head_answer(const Asked& asked) {
  const auto& entry = job_->known.entry;
  if (!entry || asked.head.status != 200 || job_->known.course == Course::bypass) return;
  http::ResponseHead stored;
  if (!http::parse_stored_head(entry->head(), stored)) return;
  if (caching::contradicts(asked.head, stored)) {
    desk_.services.store.erase(entry->id(), entry->identity());
    return;
  }
  auto merged = caching::merged_head(stored, asked.head);
  http::ResponseHead merged_parsed;
  if (!http::parse_stored_head(merged, merged_parsed)) return;
  const auto policy = this->policy();
  const auto verdict = caching::may_freshen(job_->request.head, merged_parsed, asked.head, policy, timing_);
  if (verdict.storable()) keep_freshened(desk_, *job_, verdict, std::move(merged));
}

/// What is known from the head alone: may it be stored, may it be shared, must the body be seen first.
void Leader::judge(const Asked& asked) {
  const bool is_get = job_->request.head.method == http::Method::get;
  outcome_.kind = Kind::answer;
  outcome_.status = asked.head.status;
  outcome_.answered = timing_.response_time;
  outcome_.bodiless =
      !is_get && asked.framing.body == http::Framing::Body::none && job_->request.head.method == http::Method::head;
  if (asked.head.status == 204 || asked.head.status == 304) outcome_.bodiless = true;
  answer_ = compose_answer_head(asked.head, timing_.response_time, outcome_.bodiless);
  if (asked.framing.body == http::Framing::Body::length) outcome_.length = asked.framing.length;
  if (asked.framing.body == http::Framing::Body::none && !outcome_.bodiless) outcome_.length = 0;
  auto& status = outcome_.cache_status;
  status.forward = job_->known.forward;
  status.forward_status = asked.head.status;
  status.detail = job_->known.detail;
  outcome_.shareable = false;
  const auto policy = this->policy();
  verdict_ = caching::may_store(job_->request.head, asked.head, policy, timing_);
  if (asked.head.fields.has(FieldId::age))
    outcome_.age = std::chrono::duration_cast<std::chrono::seconds>(
                       caching::initial_age(asked.head, caching::stated(asked.head, timing_.response_time), timing_))
                       .count();
  if (request_answers_get(asked)) return;
  if (!job_->may_store || !is_get || job_->known.course == Course::bypass) return;
  const bool too_large = outcome_.length.value_or(0) > max_object();
  if (verdict_.storable() && too_large) verdict_.reason = caching::Reason::too_large;
  keep_ = verdict_.storable();
  outcome_.shareable = keep_ || is_server_error(asked.head.status);
  if (!keep_) {
    if (status.detail.empty()) status.detail = caching::detail_of(verdict_.reason);
    const bool herd = verdict_.reason != caching::Reason::status && verdict_.reason != caching::Reason::partial;
    if (herd && !is_server_error(asked.head.status)) mark_hit_for_miss(desk_, *job_);
    return;
  }
  selecting_ = caching::selecting_fields(asked.head, policy);
  if (!selecting_.names.empty()) {
    outcome_.varies_by = caching::to_text(selecting_);
    caching::append_variant(outcome_.variant, outcome_.varies_by, job_->request.head.fields);
  }
  held_ = rule() && rules::needs_body(*rule()) && asked.head.status == 200;
  if (held_)
    head_ = http::Owned<http::ResponseHead>{asked.head, asked.connection->inbox.readable().substr(0, asked.head_bytes)};
}

/// The answer to a POST may be the representation that later GETs of its target get (RFC 9110 9.3.3): then it is stored
/// under their name.
bool Leader::request_answers_get(const Asked& asked) {
  const auto& post = job_->request.head;
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
  rules::build_key(job_->known.verdict, get, job_->known.route.target, job_->known.captures, desk_.services.secret,
                   job_->known.key);
  job_->generation = desk_.services.store.generation();  // after what this very request invalidated
  keep_ = true;
  return true;
}

void Leader::publish() {
  outcome_.head = answer_.text;
  flight_.decide(outcome_);
}

net::Task<> Leader::take_body(Asked& asked) {
  asked.connection->inbox.consume(asked.head_bytes);
  if (!keep_) land();  // who comes now must not wait for this answer
  outcome_.cache_status.stored = keep_;
  const bool whole = co_await pump(asked);
  if (!whole) {
    if (held_) fail({502, job_->known.route.target.host + " broke off in the middle of its answer"});
    flight_.break_off();
    co_return;
  }
  const bool refused = held_ && judge_whole_body();
  if (refused && serve_stale(StaleReason::refused, outcome_.status)) {
    release(asked, whole);
    co_return;
  }
  if (keep_) store_whole();
  land();
  if (held_) publish();
  flight_.finish();
  release(asked, whole);
}

/// Moves the body from the connection into the flight. True where it arrived whole.
net::Task<bool> Leader::pump(Asked& asked) {
  using Piece = net::BodyReader::Piece;
  net::BodyReader reader{*asked.connection->stream, asked.connection->inbox, asked.framing};
  const auto idle = job_->regime.settings->config.timeouts.upstream_idle;
  bool shown = held_;
  for (;;) {
    Piece piece;
    // A body that came with its head is stored before the head is shown: its readers then need only one wake-up.
    const bool ready = reader.buffered(piece);
    if (!ready) {
      if (!shown) publish();
      shown = true;
      piece = co_await reader.next(idle);
    }
    if (piece.kind == Piece::Kind::data) {
      flight_.append(piece.data, keep_);
      if (keep_ && flight_.size() > max_object()) {
        keep_ = false;
        land();
        if (held_) outcome_.cache_status.detail = caching::detail_of(caching::Reason::too_large);
        held_ = false;
        outcome_.cache_status.stored = false;
        if (!shown) publish();
        shown = true;
      }
      if (!keep_ && !held_ && shown) {
        const bool wanted = co_await flight_.make_room();
        if (!wanted) co_return false;
      }
      continue;
    }
    // Nothing was shown yet: an error tells more than a torso.
    if (piece.kind == Piece::Kind::failed && !shown)
      fail({502, job_->known.route.target.host + " broke off in the middle of its answer"});
    if (piece.kind == Piece::Kind::end && !shown) {
      if (keep_) store_whole();
      keep_ = false;
      publish();
    }
    co_return piece.kind == Piece::Kind::end;
  }
}

void Leader::store_whole() {
  auto head = answer_;
  if (outcome_.status != 204 && outcome_.status != 304)
    head.text += "Content-Length: " + std::to_string(flight_.size()) + "\r\n";
  const auto pieces = flight_.pieces();
  keep_answer(desk_, *job_, verdict_, head, selecting_, pieces);
}

/// The rule's conditions on the body: a refused answer is not stored, another TTL may hold. True: refused.
bool Leader::judge_whole_body() {
  std::string body;
  for (const auto piece : flight_.pieces()) body += piece;
  const auto& fields = head_.head.fields;
  const auto verdict =
      rules::inspect_body(*rule(), fields.value(FieldId::content_type), fields.value(FieldId::content_encoding), body);
  if (verdict.refused) {
    keep_ = false;
    outcome_.cache_status.stored = false;
    outcome_.cache_status.detail = caching::detail_of(caching::Reason::refused);
    outcome_.shareable = true;
    return true;
  }
  if (verdict.ttl) {
    auto policy = this->policy();
    policy.ttl = verdict.ttl;
    const auto again = caching::may_store(job_->request.head, head_.head, policy, timing_);
    if (again.storable()) verdict_ = again;
  }
  return false;
}

/// The connection serves again only after a whole exchange.
void Leader::release(Asked& asked, bool whole) {
  if (!whole || !asked.framing.keep_alive || asked.framing.body == http::Framing::Body::until_close) return;
  if (job_->upload && !job_->upload->finished) return;
  if (asked.head.status == 304 && validating_) asked.connection->inbox.consume(asked.head_bytes);
  desk_.connections.keep(std::move(asked.connection));
}

}  // namespace

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

void refresh_in_background(Desk& desk, const http::RequestHead& request, std::string_view head_bytes) {
  const auto& known = desk.considered;
  if (request.method != http::Method::get && request.method != http::Method::head) return;
  auto joined = desk.services.flights.join(known.id, known.identity, desk.worker);
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
  desk.worker.spawn(fetch(desk, job), "refresh");
}

}  // namespace cachearr::proxy
