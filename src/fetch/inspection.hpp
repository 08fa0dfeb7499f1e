// What the whole body of a response says of it: an answer, no answer, or a limit. Pure; the one place where fetching
// looks into bodies.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "content/limit_signal.hpp"
#include "rules/rule.hpp"

namespace cachearr::fetch {

struct InspectedBody {
  int status = 200;
  std::string_view content_type, content_encoding;
  std::span<const std::string_view> pieces;  // all of it, as it came
};

struct Inspection {
  enum class Kind : std::uint8_t { answer, no_answer, limit } kind = Kind::answer;
  bool undecodable = false;     // of what is no answer: its coding cannot be undone
  content::LimitSignal signal;  // for the limiters; also of an answer
  std::optional<Duration> ttl;  // of an answer: what the rule's ttl_from gives it
  std::string text;             // of a limit: the decoded body
};
Inspection inspect_body(const InspectedBody& body, const rules::Verdict& verdict, TimePoint now);

/// The lifetime that the rule's ttl_from gives a body which is stored already.
std::optional<Duration> ttl_of_body(const rules::Rule* rule, std::string_view content_encoding, std::string_view body);

}  // namespace cachearr::fetch
