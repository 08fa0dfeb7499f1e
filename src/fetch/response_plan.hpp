// What is to become of a response, decided from its head alone. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "caching/policy.hpp"
#include "caching/storing.hpp"
#include "caching/vary.hpp"
#include "fetch/body_mode.hpp"
#include "http/content_range.hpp"
#include "http/framing.hpp"
#include "http/message.hpp"
#include "pipeline/request_context.hpp"

namespace cachearr::fetch {

/// Responses that a stored one may stand in for (RFC 5861 4).
constexpr bool is_server_error(int status) noexcept {
  return status == 500 || status == 502 || status == 503 || status == 504;
}

/// A TTL that the rules give, or half of it where the optimizer says so.
Duration ttl_in_force(const pipeline::RequestContext& context, Duration ttl) noexcept;
/// What the rules say about storing the responses to this request. Credentials are part of the name where an upstream
/// is known, so that Authorization does not stand in the way; without one RFC 9111 alone decides. `asked`: when the
/// origin was; while the feed of events tells of all that changes since then, the TTL with events holds.
caching::Policy policy_of(const pipeline::RequestContext& context, TimePoint asked);

struct ResponseFacts {
  const http::RequestHead& request;
  const pipeline::RequestContext& context;
  const http::ResponseHead& head;
  const http::Framing& framing;
  caching::Timing timing;
  std::uint64_t max_object_bytes = 0;
};

struct ResponsePlan {
  BodyMode body = BodyMode::pass;
  BodyBounds bounds;
  caching::StoreVerdict verdict;           // why it is stored or not, and for how long
  caching::Selecting selecting;            // what selects it among its variants, where it is stored
  bool live = false;                       // a stream that ends when somebody leaves: quiet for as long as it likes
  bool as_answer_to_get = false;           // the response to a POST is stored under the name of the GET
  bool shareable = false;                  // others who asked for the same may have it
  bool mark_hit_for_miss = false;          // the next ones need not wait for each other
  std::string_view detail;                 // for Cache-Status
  bool bodiless = false;                   // whatever its framing says
  std::optional<std::uint64_t> length;     // of the body, where known
  std::optional<http::ContentRange> part;  // what the body has of the representation, where a part is stored
};

ResponsePlan plan_response(const ResponseFacts& facts);

}  // namespace cachearr::fetch
