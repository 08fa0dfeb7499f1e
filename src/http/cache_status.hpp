// Our member of Cache-Status (RFC 9211), written at the end of every response through the proxy. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cachearr::http {

/// `fwd` of RFC 9211 2.2.
enum class Forward : std::uint8_t { none, bypass, method, uri_miss, vary_miss, miss, request, stale, partial };

struct CacheStatus {
  bool hit = false;
  Forward forward = Forward::none;
  int forward_status = 0;           // 0: not said
  std::optional<std::int64_t> ttl;  // seconds, negative when stale
  bool stored = false;
  bool collapsed = false;
  std::string_view key;     // empty: not said
  std::string_view detail;  // a token; empty: not said
};

std::string_view name_of(Forward forward) noexcept;
/// Appends `cachearr; hit; ttl=86123; key="…"` (no field name, no CRLF). Allocates only if `out` has to grow.
void append(std::string& out, const CacheStatus& status);

}  // namespace cachearr::http
