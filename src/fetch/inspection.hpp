// What the whole body of a response says of it: an answer, no answer, or a limit. Pure; the one place where fetching
// looks into bodies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "content/answer.hpp"
#include "content/body_reader.hpp"
#include "content/decoder.hpp"
#include "content/limit_signal.hpp"
#include "rules/rule.hpp"

namespace cachearr::fetch {

struct InspectedBody {
  int status = 200;
  std::string_view content_type, content_encoding;
  std::span<const std::string_view> pieces;  // all of it, as it came
  TimePoint now{};                           // for conditions on dates
};

struct Inspection {
  enum class Kind : std::uint8_t { answer, no_answer, limit } kind = Kind::answer;
  std::string why;               // of what is no answer, fit to be shown
  bool undecodable = false;      // likewise: its coding cannot be undone
  content::LimitSignal signal;   // for the limiters; also of an answer
  std::optional<Duration> ttl;   // of an answer: what the rule's ttl_from gives it
  content::EntityTags entities;  // of an answer: what it is about
  std::string text;              // of a limit: the decoded body
};

/// In steps of a tenth of a millisecond or so: what is large, or unpacks to something large, must not keep a worker
/// from its other clients. REQUIRES: what the body and the verdict refer to lives as long.
class BodyInspection {
 public:
  BodyInspection(const InspectedBody& body, const rules::Verdict& verdict);
  BodyInspection(const BodyInspection&) = delete;
  BodyInspection& operator=(const BodyInspection&) = delete;

  /// Decodes and reads up to kInspectionStep bytes. True: there is more.
  bool advance();
  /// REQUIRES: advance() gave false. Once.
  Inspection end(TimePoint now);

 private:
  bool decode(std::size_t& left);
  void begin_reading();

  const InspectedBody body_;
  const rules::Verdict& verdict_;
  std::optional<content::Decoder> decoder_;   // none: the one piece is read as it is
  std::span<const std::string_view> pieces_;  // not yet decoded
  std::string_view piece_;
  std::string made_;
  content::Question question_;
  std::vector<const rules::BodyCondition*> conditions_;
  std::vector<std::string_view> pointers_;
  content::Received received_;
  std::unique_ptr<content::Pass<content::BodyRead>> reading_;  // none: not decoded yet
};
inline constexpr std::size_t kInspectionStep = 32 * 1024;

/// At once, for what is small or runs where nobody waits.
Inspection inspect_body(const InspectedBody& body, const rules::Verdict& verdict, TimePoint now);

/// The lifetime that the rule's ttl_from gives a body which is stored already.
std::optional<Duration> ttl_of_body(const rules::Rule* rule, std::string_view content_encoding, std::string_view body,
                                    TimePoint now);

}  // namespace cachearr::fetch
