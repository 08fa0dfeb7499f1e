// What reuse has to know of a stored response, precomputed when it was stored. A plain value, copied into every entry.
#pragma once

#include <cstdint>

namespace cachearr::caching {

/// Until when that is fresh which never ends: the end of the year 9999.
inline constexpr std::int64_t kForeverMs = 253'402'300'799'000;

/// What reuse has to know, all precomputed when the answer was stored. Times: milliseconds since the epoch, cache
/// clock.
struct EntryMeta {
  std::int64_t born_ms = 0;    // when age was 0: response time minus corrected initial age (RFC 9111 4.2.3)
  std::int64_t stored_ms = 0;  // when it was received or last validated
  std::int64_t fresh_until_ms = 0;
  std::int64_t last_modified_ms = -1;  // -1: none
  std::int64_t date_ms = -1;
  std::uint32_t swr_seconds = 0;      // stale-while-revalidate window after fresh_until
  std::uint32_t sie_seconds = 0;      // stale-if-error
  std::uint32_t limited_seconds = 0;  // stale-if-limited
  std::uint32_t label = 0;            // index of (type, upstream) in the metrics' label table of this process
  std::uint16_t status = 0;
  std::uint16_t flags = 0;    // EntryFlag bits
  std::uint16_t etag_at = 0;  // offset and length of the ETag's value inside the head; 0, 0: none
  std::uint16_t etag_size = 0;
};

enum EntryFlag : std::uint16_t {
  kMustRevalidate = 1,  // must-revalidate or proxy-revalidate or s-maxage: never served stale
  kNoCache = 2,         // stored, but validated before each use
  kImmutable = 4,       // RFC 8246
  kVaryMarker = 8,      // no response: head holds the list of fields that select the variant
  kHitForMiss = 16,     // no response: the last answer could not be stored; do not collapse until fresh_until
  kText = 32,           // worth compressing
  kInvalidated = 64,    // soft-purged: stale since stored_ms
  kNegative = 128,      // an error status
  kHeuristic = 256,     // lifetime is heuristic
  kFromRule = 512,
  kByHand = 1024,      // no answer of an origin: put through the key API; gone when it is no longer fresh
  kUncoded = 2048,     // no Content-Encoding
  kGzip = 4096,        // gzip alone, and its head says so in Vary; neither of both: the head has to be looked at
  kPartial = 8192,     // incomplete: its head says which part of the representation it has
  kLocates = 16384,    // has Location or Content-Location: where the way back depends on how the request came
  kNoStandIn = 32768,  // stale-if-error=0: no stale answer where the origin cannot be reached
};

}  // namespace cachearr::caching
