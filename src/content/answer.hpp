// An answer or not: whether what came is what a rule expects, an error of the API, a limit, or something else. Pure.
//
// The body decides, not its Content-Type, and at every status: an HTML 404 of a web server where JSON is due is no
// answer, a JSON 404 of the API is one. What is no answer must not be stored and must not replace what is stored.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "content/body_condition.hpp"
#include "content/body_reader.hpp"
#include "content/decoder.hpp"
#include "content/expect.hpp"
#include "content/limit_signal.hpp"
#include "content/limit_words.hpp"

namespace cachearr::content {

/// What came. The whole body: one that is only a part (206) cannot be judged.
struct Received {
  int status = 200;
  std::string_view content_type;           // counts only where anything is expected
  std::string_view body;                   // decoded, as far as that was possible
  DecodeState state = DecodeState::whole;  // cut_off also where the framing says so
};

/// What is asked of it.
struct Question {
  Expect expect = Expect::any;
  bool newznab = false;  // the upstream is an indexer: its error codes mean what they mean there
  std::span<const LimitWords> limits;
  std::span<const BodyCondition* const> conditions;
};

enum class AnswerKind : std::uint8_t {
  answer,
  api_error,  // the API's own error under a status that says success: passed on as it is, not stored
  no_answer,  // something else: not stored, and what is stored stands in
  limit       // no more for now: `signal` says until when and for which kind of request
};

struct Inspection {
  AnswerKind kind = AnswerKind::answer;
  std::string why;          // not an answer: for a log line and Cache-Status' detail
  LimitSignal signal;       // also of an answer: the live quota
  std::vector<bool> holds;  // one for each condition
  EntityTags entities;      // what it is about
};

Inspection inspect(const Question& question, const Received& received, TimePoint now);
/// The same of a body that was read with the question's conditions and the pointers of its limits.
Inspection inspect(const Question& question, const Received& received, BodyRead read, TimePoint now);

/// Challenge and block pages of the services in front of an upstream (Cloudflare, DDoS-Guard…). Empty: none.
std::string_view challenge_in(std::string_view body) noexcept;

}  // namespace cachearr::content
