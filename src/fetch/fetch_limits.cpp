// What limits mean for a leader: its turn denied, signals in the answer, a body that is no answer, and how long an
// answer lives.
#include "base/text.hpp"
#include "content/answer.hpp"
#include "content/decoder.hpp"
#include "fetch/cache_writer.hpp"
#include "fetch/fetch.hpp"
#include "http/date.hpp"
#include "limit/limit_head.hpp"
#include "net/body_reader.hpp"

namespace cachearr::fetch {

using http::FieldId;
using Kind = Outcome::Kind;

namespace {

constexpr std::size_t kLongestRefusal = 16 * 1024;

std::string retry_after(TimePoint at, TimePoint now) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(at - now).count();
  return std::to_string(std::max<std::int64_t>(seconds, 1));
}

metrics::StaleReason stale_reason_of(limit::Why why) noexcept {
  if (why == limit::Why::cooldown) return metrics::StaleReason::cooldown;
  return why == limit::Why::breaker ? metrics::StaleReason::offline : metrics::StaleReason::limited;
}

std::string words_of(const Rejection& denial, const std::string& who) {
  const auto from = " before " + http::format_date(denial.retry_at);
  switch (denial.why) {
    case limit::Why::cooldown: return who + " has asked for a pause: nothing is sent there" + from;
    case limit::Why::breaker: return who + " has failed too often: nothing is sent there" + from;
    case limit::Why::queue: return "too many requests already wait for " + who;
    default:
      return "the limit for " + who + " (" + std::string{to_words(denial.why)} + ") lets nothing more through" + from;
  }
}

/// A whole page for people, and not a piece of HTML that somebody may want.
bool is_page(std::string_view body) {
  const auto start = body.substr(0, 512);
  return text::icontains(start, "<html") || text::icontains(start, "<!doctype html");
}

/// What kind of body is due, by the kind of data that the rule is about.
content::Expect expected(const rules::Rule* rule, std::string_view content_type, std::string_view body) {
  if (!rule || rule->type.empty() || rule->type == "user") return content::Expect::any;
  if (text::icontains(content_type, "html")) return is_page(body) ? content::Expect::json : content::Expect::any;
  if (rule->type == "metadata_images") return content::Expect::any;
  if (text::icontains(content_type, "json")) return content::Expect::json;
  return text::icontains(content_type, "xml") ? content::Expect::xml : content::Expect::any;
}

}  // namespace

bool Fetch::is_offline() const noexcept { return upstream() && upstream()->mode == rules::UpstreamMode::offline; }

void Fetch::stay_offline() {
  if (serve_stale(metrics::StaleReason::offline, 0)) return;
  Outcome failed;
  failed.kind = Kind::failed;
  failed.error_status = 504;
  failed.error = upstream()->name + " is set to offline, and nothing usable is stored";
  failed.cache_status.detail = name_of(metrics::StaleReason::offline);
  shared_fetch_.decide(std::move(failed));
}

void Fetch::deny(const Rejection& denial) {
  count_prefetch(metrics::Prefetch::denied);
  if (denial.abandoned) return;
  const auto reason = stale_reason_of(denial.why);
  if (serve_stale(reason, 0)) return;
  if (denial.why == limit::Why::cooldown && repeat_refusal(denial)) return;
  Outcome failed;
  failed.kind = Kind::failed;
  failed.error_status = denial.why == limit::Why::breaker ? 503 : 429;
  failed.error = words_of(denial, upstream() ? upstream()->name : job_->context->route.target.host);
  failed.error_fields = "Retry-After: " + retry_after(denial.retry_at, worker_.now()) + "\r\n";
  failed.cache_status.detail = name_of(reason);
  shared_fetch_.decide(std::move(failed));
}

/// An indexer's own words, for clients that read them.
bool Fetch::repeat_refusal(const Rejection& denial) {
  if (!upstream() || upstream()->errors != rules::ErrorStyle::newznab) return false;
  const auto key = limiter_key_of(*job_->context);
  const auto said = worker_.admission->refusal_of(key.upstream, key.credential);
  if (!said) return false;
  Outcome refusal;
  refusal.kind = Kind::answer;
  refusal.status = 429;
  refusal.length = said->body.size();
  refusal.head = "HTTP/1.1 429 Too Many Requests\r\nDate: " + http::format_date(worker_.now()) +
                 "\r\nContent-Type: " + said->content_type +
                 "\r\nRetry-After: " + retry_after(denial.retry_at, worker_.now()) +
                 "\r\nCache-Control: no-store\r\nVia: 1.1 cachearr\r\n";
  refusal.bodiless = job_->context->request.head.method == http::Method::head;
  refusal.cache_status.forward = job_->context->forward;
  refusal.cache_status.detail = name_of(metrics::StaleReason::cooldown);
  land();
  shared_fetch_.decide(std::move(refusal));
  shared_fetch_.append(said->body, true);
  shared_fetch_.finish();
  return true;
}

/// Where rules say something of an upstream, its pauses are kept for all of its clients. A host that nobody described
/// is passed through as it is: each client hears what it says and waits by itself.
bool Fetch::keeps_pauses() const noexcept {
  if (rule()) return true;
  const auto* const context = upstream();
  return context && (context->rate.per_second > 0 || context->rate.concurrency > 0 || !context->rate.quotas.empty() ||
                     context->credentials_given || context->errors == rules::ErrorStyle::newznab);
}

/// A 503 without a time says no more than that the origin is broken, but where requests are known to be counted.
void Fetch::look_at_limits(const Asked& asked) {
  if (!worker_.admission || !keeps_pauses() || !limit::may_tell_limits(asked.head)) return;
  auto signal = limit::read_head(asked.head, asked.timing.response_time);
  const bool counted = upstream() && upstream()->rate.per_second > 0;
  if (asked.head.status == 503 && !asked.head.fields.has(FieldId::retry_after) && !counted) signal.limited = false;
  limited_ = signal.limited;
  permit_.observe(signal);
}

/// The client has its answer; the body of the refusal may tell more about the pause.
net::Task<> Fetch::look_at_refusal(Asked& asked) {
  using Piece = net::BodyReader::Piece;
  const std::string type{asked.head.fields.value(FieldId::content_type)};
  const std::string coding{text::trim(asked.head.fields.value(FieldId::content_encoding))};
  const int status = asked.head.status;
  asked.connection->inbox.consume(asked.head_bytes);
  net::BodyReader reader{*asked.connection->stream, asked.connection->inbox, asked.framing};
  const auto idle = job_->context->snapshot->settings->config.timeouts.upstream_idle;
  std::string body;
  Piece piece;
  do {
    piece = co_await reader.next(idle);
    if (piece.kind == Piece::Kind::data) body += piece.data;
  } while (piece.kind == Piece::Kind::data && body.size() <= kLongestRefusal);
  content::Decoder decoder{coding, {kLongestRefusal}};
  std::string decoded;
  for (std::string_view rest{body}; decoder.feed(rest, decoded) == content::DecodeState::pending;) {}
  const content::Received received{status, type, decoded, decoder.finish()};
  permit_.observe(content::inspect(question(type, decoded), received, worker_.now()).signal);
  release(asked, piece.kind == Piece::Kind::end);
}

/// Nothing of such an answer is kept.
Fetch::Worth Fetch::refuse(Worth worth) {
  keep_ = false;
  outcome_.cache_status.stored = false;
  outcome_.cache_status.detail =
      worth == Worth::limited ? name_of(metrics::StaleReason::limited) : caching::detail_of(caching::Reason::refused);
  outcome_.shareable = true;
  return worth;
}

Fetch::Worth Fetch::judge_whole_body() {
  const auto pieces = shared_fetch_.pieces();
  const auto coding = head_.head.fields.value(FieldId::content_encoding);
  content::Decoder decoder{coding};
  std::string made;
  const bool as_it_is = coding.empty() && pieces.size() == 1;
  for (auto piece : pieces) {
    while (!as_it_is && decoder.feed(piece, made) == content::DecodeState::pending) {}
  }
  const auto body = as_it_is ? pieces.front() : std::string_view{made};
  const auto type = head_.head.fields.value(FieldId::content_type);
  auto asked = question(type, body);
  const auto conditions = rule() ? rules::conditions_of(*rule()) : std::vector<const rules::BodyCondition*>{};
  asked.conditions = conditions;
  const auto found = content::inspect(asked, {outcome_.status, type, body, decoder.finish()}, worker_.now());
  const auto worth = judge_kind(found, type, body);
  return worth == Worth::good && keep_ && outcome_.status == 200 ? judge_by_rule(found) : worth;
}

content::Question Fetch::question(std::string_view content_type, std::string_view body) const {
  content::Question asked;
  asked.expect = expected(rule(), content_type, body);
  asked.newznab = (upstream() && upstream()->errors == rules::ErrorStyle::newznab) ||
                  (rule() && rule()->type.starts_with("indexer"));
  return asked;
}

Fetch::Worth Fetch::judge_kind(const content::Inspection& found, std::string_view type, std::string_view body) {
  permit_.observe(found.signal);
  limited_ = limited_ || found.signal.limited;
  if (found.signal.limited && worker_.admission) {
    const auto key = limiter_key_of(*job_->context);
    worker_.admission->keep_refusal(key.upstream, key.credential, {std::string{type}, std::string{body}});
  }
  if (limited_) return refuse(Worth::limited);
  return found.kind != content::AnswerKind::answer && keep_ && outcome_.status == 200 ? refuse(Worth::refused)
                                                                                      : Worth::good;
}

/// The rule's conditions on the body: a refused answer is not stored, another TTL may hold.
Fetch::Worth Fetch::judge_by_rule(const content::Inspection& found) {
  if (!rule()) return Worth::good;
  const auto verdict = rules::verdict_of(*rule(), found.holds);
  if (verdict.refused) return refuse(Worth::refused);
  if (verdict.ttl) {
    auto policy = this->policy();
    policy.ttl = verdict.ttl;
    verdict_ = caching::may_store(job_->context->request.head, head_.head, policy, timing_);
    keep_ = verdict_.storable();  // "ttl": 0 says that such an answer is not to be kept
    if (!keep_) outcome_.cache_status.stored = false;
  }
  return Worth::good;
}

/// Clients that see no reason in the body get one they know, with the true time; the body stays.
void Fetch::tell_limit(const http::ResponseHead& head) {
  auto told = head;
  if (told.status < 400 || told.status == 401 || told.status == 403) {
    told.status = 429;
    told.reason = "Too Many Requests";
  }
  std::string wait;
  if (const auto until = permit_.paused_until()) {
    wait = retry_after(*until, worker_.now());
    told.fields.remove(FieldId::retry_after);
    told.fields.add(FieldId::retry_after, "Retry-After", wait);
  }
  answer_ = compose_answer_head(told, timing_.response_time, outcome_.bodiless);
  outcome_.status = told.status;
}

limit::Refetch Fetch::compare_with_stored() const {
  const auto& entry = job_->context->entry;
  if (!entry || entry->body().size() != shared_fetch_.size()) return limit::Refetch::changed;
  auto rest = entry->body();
  for (const auto piece : shared_fetch_.pieces()) {
    if (rest.substr(0, piece.size()) != piece) return limit::Refetch::changed;
    rest.remove_prefix(piece.size());
  }
  return limit::Refetch::unchanged;
}

/// Lifetimes are learned where the rule says so.
void Fetch::settle_lifetime(caching::StoreVerdict& verdict, limit::Refetch outcome) const {
  if (!rule() || !rule()->learn_min || !rule()->learn_max || verdict.source != caching::LifetimeSource::rule) return;
  auto& meta = verdict.meta;
  const auto& entry = job_->context->entry;
  std::optional<Duration> last;
  if (entry && (entry->meta.flags & caching::kFromRule) != 0)
    last = Duration{entry->meta.fresh_until_ms - entry->meta.stored_ms};
  verdict.lifetime = limit::learned_ttl(last, outcome, verdict.lifetime, *rule()->learn_min, *rule()->learn_max);
  meta.fresh_until_ms = meta.stored_ms + verdict.lifetime.count();
}

void Fetch::count_prefetch(metrics::Prefetch result) {
  if (job_->ahead) worker_.cells.prefetches[static_cast<std::size_t>(result)].add();
}

}  // namespace cachearr::fetch
