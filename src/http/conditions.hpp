// Conditional and range requests against a stored or arriving representation (RFC 9110 13 and 14). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "http/message.hpp"

namespace cachearr::http {

/// What is known of the representation.
struct Validators {
  std::string_view etag;  // as sent, with quotes and W/; empty: none
  std::optional<TimePoint> last_modified;
  std::optional<TimePoint> date;
};

enum class Precondition : std::uint8_t { proceed, not_modified, failed };

/// RFC 9110 13.2.2, for GET and HEAD of a representation with status 200.
Precondition evaluate(const RequestHead& request, const Validators& validators);

/// One byte range, both ends inclusive.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

struct RangeVerdict {
  enum class Kind : std::uint8_t { whole, ranges, unsatisfiable } kind = Kind::whole;
  std::vector<ByteRange> ranges;  // in the order asked for; more than one only where the sender asked for more
};

/// Range and If-Range of a GET against a representation of `size` bytes. An invalid or excessive Range (over 16 parts,
/// overlapping abuse) is ignored: whole.
RangeVerdict select_ranges(const RequestHead& request, const Validators& validators, std::uint64_t size);

bool weak_match(std::string_view a, std::string_view b) noexcept;
bool strong_match(std::string_view a, std::string_view b) noexcept;
/// True for a well-formed entity-tag, weak or strong.
bool is_entity_tag(std::string_view text) noexcept;

}  // namespace cachearr::http
