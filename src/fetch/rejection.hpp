// What those who wait are told where the limits of an upstream let nothing through, or the upstream itself says so.
// Pure.
#pragma once

#include <string>

#include "fetch/admission_permit.hpp"
#include "fetch/fetch_outcome.hpp"
#include "fetch/response_head_text.hpp"
#include "metrics/metrics.hpp"

namespace cachearr::fetch {

/// Under which name a stored response stands in.
metrics::StaleReason stale_reason_of(limit::Why why) noexcept;
/// The value of Retry-After: whole seconds, at least one.
std::string retry_after(TimePoint at, TimePoint now);

/// No answer: `who` is not asked before the rejection's time.
FetchOutcome rejection_outcome(const Rejection& rejection, const std::string& who, TimePoint now);
/// The upstream's own words once more, for clients that read them; the body is `said.body`.
FetchOutcome repeated_refusal(const Rejection& rejection, const AdmissionController::KeptRefusal& said,
                              const pipeline::RequestContext& context, bool bodiless, TimePoint now);

/// The head of a response that tells of a limit, for clients that see no reason in its body: a status they know, and
/// the true time. The body stays.
struct LimitHead {
  ResponseHeadText text;
  int status = 0;
};
LimitHead compose_limit_head(const http::ResponseHead& head, std::optional<TimePoint> until, TimePoint received,
                             TimePoint now, bool keep_length);

}  // namespace cachearr::fetch
