#include "fetch/rejection.hpp"

#include <algorithm>

#include "http/date.hpp"

namespace cachearr::fetch {

using http::FieldId;
using metrics::StaleReason;

namespace {

std::string words_of(const Rejection& rejection, const std::string& who) {
  const auto from = " before " + http::format_date(rejection.retry_at);
  switch (rejection.why) {
    case limit::Why::cooldown: return who + " has asked for a pause: nothing is sent there" + from;
    case limit::Why::breaker: return who + " has failed too often: nothing is sent there" + from;
    case limit::Why::away:
      return who + " has limits that several instances share, and none of them is this one's while their Redis is away";
    case limit::Why::queue: return "too many requests already wait for " + who;
    default:
      return "the limit for " + who + " (" + std::string{to_words(rejection.why)} + ") lets nothing more through" +
             from;
  }
}

}  // namespace

StaleReason stale_reason_of(limit::Why why) noexcept {
  if (why == limit::Why::cooldown) return StaleReason::cooldown;
  return why == limit::Why::breaker ? StaleReason::offline : StaleReason::limited;
}

std::string retry_after(TimePoint at, TimePoint now) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(at - now).count();
  return std::to_string(std::max<std::int64_t>(seconds, 1));
}

FetchOutcome rejection_outcome(const Rejection& rejection, const std::string& who, TimePoint now) {
  auto outcome = error_outcome(rejection.why == limit::Why::breaker ? 503 : 429, words_of(rejection, who));
  outcome.error_fields = "Retry-After: " + retry_after(rejection.retry_at, now) + "\r\n";
  outcome.cache_status.detail = name_of(stale_reason_of(rejection.why));
  return outcome;
}

FetchOutcome repeated_refusal(const Rejection& rejection, const AdmissionController::KeptRefusal& said,
                              const pipeline::RequestContext& context, bool bodiless, TimePoint now) {
  FetchOutcome outcome;
  outcome.kind = FetchOutcome::Kind::answer;
  outcome.status = 429;
  outcome.length = said.body.size();
  outcome.head = "HTTP/1.1 429 Too Many Requests\r\nDate: " + http::format_date(now) + "\r\n" +
                 (said.content_type.empty() ? std::string{} : "Content-Type: " + said.content_type + "\r\n") +
                 "Retry-After: " + retry_after(rejection.retry_at, now) +
                 "\r\nCache-Control: no-store\r\nVia: 1.1 cachearr\r\n";
  outcome.bodiless = bodiless;
  outcome.cache_status.forward = context.forward;
  outcome.cache_status.detail = name_of(StaleReason::cooldown);
  return outcome;
}

LimitHead compose_limit_head(const http::ResponseHead& head, std::optional<TimePoint> until, TimePoint received,
                             TimePoint now, bool keep_length) {
  auto told = head;
  if (told.status < 400 || told.status == 401 || told.status == 403) {
    told.status = 429;
    told.reason = "Too Many Requests";
  }
  std::string wait;
  if (until) {
    wait = retry_after(*until, now);
    told.fields.remove(FieldId::retry_after);
    told.fields.add(FieldId::retry_after, "Retry-After", wait);
  }
  return {compose_response_head(told, received, keep_length), told.status};
}

}  // namespace cachearr::fetch
