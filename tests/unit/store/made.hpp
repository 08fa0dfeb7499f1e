// Entries for the store's tests: named by a key, with a body of a wanted size.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "store/entry.hpp"

namespace cachearr::store::test {

inline constexpr std::uint64_t kMiB = 1024 * 1024;

struct Made {
  std::string key;
  std::string upstream = "tmdb";
  std::string type = "metadata_series";
  std::vector<std::string_view> tags = {};
  std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  std::string body = "{}";
  std::int64_t ttl_ms = 3'600'000;
  std::uint16_t flags = 0;
  std::uint32_t sie_seconds = 0;
  std::uint32_t generation = 0;
  std::string variant = {};
  FetchCost cost = {};
  std::uint32_t fetches = 0;
};

inline std::string identity_of(std::string_view key, std::string_view variant = {}) {
  return "https|api.example.org:443|" + std::string{variant} + "|" + std::string{key};
}
inline Hash128 id_of(std::string_view key, std::string_view variant = {}) { return hash128(identity_of(key, variant)); }

inline EntryPtr make(const Made& made, const Clock& clock) {
  const std::string identity = identity_of(made.key, made.variant);
  const std::array<std::string_view, 1> body{made.body};
  const auto now = clock.now().time_since_epoch().count();
  EntryParts parts;
  parts.id = hash128(identity);
  parts.identity = identity;
  parts.key = made.key;
  parts.upstream = made.upstream;
  parts.type = made.type;
  parts.tags = made.tags;
  parts.head = made.head;
  parts.body = body;
  parts.generation = made.generation;
  parts.cost = made.cost;
  parts.fetches = made.fetches;
  parts.meta.status = 200;
  parts.meta.flags = made.flags;
  parts.meta.sie_seconds = made.sie_seconds;
  parts.meta.born_ms = now;
  parts.meta.stored_ms = now;
  parts.meta.fresh_until_ms = now + made.ttl_ms;
  return make_entry(parts);
}

}  // namespace cachearr::store::test
