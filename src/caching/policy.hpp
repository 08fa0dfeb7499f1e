// What an operator's rule may bend in the caching semantics. Plain values, made by `rules`, read by the pure functions
// of this folder. A default Policy is "no rule": RFC 9111 alone decides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>

namespace cachearr::caching {

enum class Mode : std::uint8_t {
  respect,    // the origin's headers decide; the rule's TTL serves where they say nothing
  override_,  // the rule's TTL decides, except against no-store, and private with share: all
  floor,      // at least the rule's TTL
  ceiling,    // at most the rule's TTL
  never       // not stored
};

struct StatusTtl {
  int status;  // 100..599
  Duration ttl;
  friend bool operator==(const StatusTtl&, const StatusTtl&) = default;
};

struct Policy {
  bool from_rule = false;  // false: no rule matched
  Mode mode = Mode::respect;
  std::optional<Duration> ttl;        // freshness lifetime the rule gives
  std::vector<StatusTtl> ttl_status;  // lifetimes for single status codes, before `ttl`
  std::optional<Duration>
      stale_while_revalidate;  // windows after freshness ended; none: what the origin says (RFC 5861)
  std::optional<Duration> stale_if_error;
  std::optional<Duration> stale_if_limited;
  std::vector<std::string> ignore_vary;  // lower-case names that do not select a variant
  bool ignores_no_store = false;         // with override: the rule says in words that no-store does not count here
  bool shared = false;                   // `share: all`: one answer for every credential
  bool personal = false;     // the key of this request holds credentials: nobody without them gets the answer
  bool partitioned = false;  // the key holds a hash of the credentials: Authorization does not forbid storing
};

}  // namespace cachearr::caching
