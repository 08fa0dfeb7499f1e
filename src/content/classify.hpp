// An answer or not: whether a body is of the kind that was asked for, or a refusal, an error or wreckage. Pure.
//
// What is not ok must not be stored and must not replace what is stored. The judgement is about bodies: a 404 whose
// body is of the kind that is due is an answer, and what becomes of it is the rule's business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "content/expect.hpp"
#include "content/limit_signal.hpp"

namespace cachearr::content {

enum class AnswerKind : std::uint8_t { ok, limit, error };

struct Answer {
  AnswerKind kind = AnswerKind::ok;
  std::string why;     // not ok: in words for a log line and Cache-Status' detail
  LimitSignal signal;  // also of an ok answer: the live quota
};

/// `body` is complete and decoded; `complete` is false where framing tells that it was cut off.
Answer classify(Expect expect, std::string_view content_type, int status, std::string_view body, bool complete,
                TimePoint now);

/// Challenge and block pages of the services in front of an upstream (Cloudflare, DDoS-Guard…). Empty: none.
std::string_view challenge_in(std::string_view body) noexcept;

}  // namespace cachearr::content
