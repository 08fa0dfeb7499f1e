// What the cache has saved: upstream calls that did not have to be made, and what they would have cost. Values of one
// day each, by upstream and client; their bytes for the store; and what is told of them. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cachearr/clock.hpp>

namespace cachearr::upkeep {

struct Saved {
  std::uint64_t calls = 0, bytes = 0, quota_units = 0, milliseconds = 0;
  Saved& operator+=(const Saved& more) noexcept;
  /// What was added since `before`.
  Saved since(const Saved& before) const noexcept;
  friend bool operator==(const Saved&, const Saved&) = default;
};

/// Whom something was saved: the upstream's name (empty: a host that no rule names) and the client's address.
using SavedFor = std::pair<std::string, std::string>;
using SavedRows = std::map<SavedFor, Saved>;

/// One day in UTC.
struct SavingsDay {
  static constexpr std::size_t kMostRows = 1024;
  /// The name under which clients stand together that are too many for rows of their own.
  static constexpr std::string_view kOthers = "other";

  std::int64_t day = 0;  // since the epoch
  SavedRows rows;
  void add(const SavedFor& whom, const Saved& saved);
  friend bool operator==(const SavingsDay&, const SavingsDay&) = default;
};

std::int64_t day_of(TimePoint at) noexcept;
/// "2026-11-29"
std::string date_of(std::int64_t day);

std::string encode(const SavingsDay& day);
/// None where the bytes are none that encode() made. Never reads beyond them.
std::optional<SavingsDay> decode_savings_day(std::string_view bytes);

/// The sums of some days. All four give the same total.
struct SavingsReport {
  std::vector<std::pair<std::int64_t, Saved>> days;  // each of them, also where nothing was saved; the oldest first
  std::vector<std::pair<std::string, Saved>> upstreams, clients;  // most calls first
  Saved total;
};
/// Of the last `count` days up to and with `today`.
SavingsReport report_savings(const std::map<std::int64_t, SavingsDay>& days, std::int64_t today, std::int64_t count);

}  // namespace cachearr::upkeep
