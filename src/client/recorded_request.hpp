// What is kept of each finished request, for who asks what just happened: the decision and its reasons, free of secrets
// and of bounded size. Values; the ring of each worker holds them packed (client/request_ring.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "base/ip_address.hpp"
#include "http/cache_status.hpp"
#include "metrics/metrics.hpp"
#include "pipeline/access.hpp"
#include "pipeline/request_context.hpp"

namespace cachearr::client {

/// How a request came to the proxy.
enum class Way : std::uint8_t {
  proxy,        // the client asked for a proxy, plain HTTP inside a tunnel included
  tunnel,       // CONNECT, passed on unseen
  intercepted,  // HTTPS that we answered ourselves
  mount,
  host,
  listener,  // of one upstream
  count
};
std::string_view name_of(Way way) noexcept;
/// The way of a request that came by this connection.
Way way_of(const pipeline::RequestContext& context, const pipeline::ConnectionInfo& connection) noexcept;

/// The texts of a request in one piece of memory, each redacted and shortened by whoever adds it.
class ShownTexts {
 public:
  enum Field : std::uint8_t { method, url, user_agent, upstream, rule, type, key, detail, error, sent, count };
  static constexpr std::array<std::uint16_t, count> kLongest{32, 1024, 160, 64, 96, 32, 512, 64, 256, 1024};
  using Sizes = std::array<std::uint16_t, count>;

  ShownTexts() = default;
  ShownTexts(const Sizes& sizes, std::string bytes) : sizes_{sizes}, bytes_{std::move(bytes)} {}

  /// As good as new; keeps its memory.
  void clear() noexcept {
    sizes_ = {};
    agent_ = 0;
    bytes_.clear();
  }
  /// REQUIRES: fields are added in their order. What is longer than kLongest is cut, and ends in "…".
  void add(Field field, std::string_view text);
  std::string_view operator[](Field field) const noexcept;
  /// Tells user agents apart without looking at them.
  std::uint64_t agent() const noexcept { return agent_; }
  const Sizes& sizes() const noexcept { return sizes_; }
  const std::string& bytes() const noexcept { return bytes_; }

 private:
  Sizes sizes_{};
  std::uint64_t agent_ = 0;
  std::string bytes_;
};

/// The longest beginning of `text` within `most` bytes that ends no character in its middle.
constexpr std::string_view beginning_of(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return text;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  while (most > 0 && continues(text[most])) --most;
  return text.substr(0, most);
}

/// In microseconds. `waited` is by the wall clock, which may have been set meanwhile.
constexpr std::uint64_t waited_within(std::uint64_t duration_us, Duration waited) noexcept {
  if (waited <= Duration::zero()) return 0;
  const auto milliseconds = static_cast<std::uint64_t>(waited.count());
  return milliseconds < duration_us / 1000 ? milliseconds * 1000 : duration_us;
}

/// The rest of what is kept.
struct RequestFacts {
  std::uint64_t id = 0;  // grows with time, over all workers and restarts
  TimePoint at;          // of its end
  ip::Address client;
  std::uint64_t bytes = 0;          // of the body, as sent
  std::uint64_t duration_us = 0;    // from the request's head to its end
  std::uint64_t first_byte_us = 0;  // to the first byte of the answer
  std::uint64_t waited_us = 0;      // of it, in line at the limiter
  std::uint64_t partition = 0;      // of its credentials, a hash of the keyed hash; 0: they keep nothing apart
  std::uint16_t status = 0;
  Way way = Way::proxy;
  metrics::RequestResult result = metrics::RequestResult::error;
  http::Forward forward = http::Forward::none;
  bool stored = false, collapsed = false;
  bool http2 = false;  // spoken with the client; else HTTP/1
  bool has_credentials = false;
  bool insists = false;   // on the origin's word: no-cache, or max-age=0
  bool no_store = false;  // it asked for that

  bool is_hit() const noexcept {
    return result == metrics::RequestResult::hit || result == metrics::RequestResult::stale;
  }
};

/// A request as it is handed to a journal; looks into what the session has.
struct RequestNote {
  RequestFacts facts;
  const ShownTexts& texts;  // all but the last three, which are this answer's own
  std::string_view detail = {}, error = {}, sent = {};
};

struct RecordedRequest {
  RequestFacts facts;
  ShownTexts texts;
};

}  // namespace cachearr::client
