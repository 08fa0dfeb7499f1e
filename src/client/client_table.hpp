// Who asks: the clients of one worker by address and user agent, what they got, how they come, and whether they trust
// the local authority. Bounded: whoever was not seen for the longest time makes room for a newcomer.
//
// Part of a RequestJournal, which guards it; the journal's worker writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hash.hpp"
#include "client/recorded_request.hpp"

namespace cachearr::client {

/// What a client's HTTPS says of the local authority.
enum class Trust : std::uint8_t { untold, trusts, distrusts };

struct SeenClient {
  ip::Address address;
  std::string user_agent;  // as shown; empty: it says none
  std::uint64_t requests = 0, hits = 0;
  TimePoint last_seen{};
  std::uint8_t ways = 0;  // bits by Way
  Trust trust = Trust::untold;

  void add(const SeenClient& other);  // what another worker has seen of the same client
  bool came_by(Way way) const noexcept { return (ways >> static_cast<unsigned>(way) & 1U) != 0; }
};

/// A request that was intercepted came from a client that believes; one whose tunnel was left alone did not before.
Trust trust_told_by(Way way, std::string_view detail) noexcept;

class ClientTable {
 public:
  explicit ClientTable(std::size_t most) : most_{most} {}

  /// Where a connection's client stands in the table, so that it is looked up once and not for each request.
  class Place {
    friend class ClientTable;
    static constexpr auto kNone = std::numeric_limits<std::uint64_t>::max();
    std::list<SeenClient>::iterator at_;
    std::uint64_t evictions_ = kNone;  // valid while nobody had to go since
    std::uint64_t agent_ = 0;
  };
  /// REQUIRES: `place` was only ever used for the same address.
  void saw(Place& place, const RequestNote& note);
  /// Whoever was seen last comes first.
  const std::list<SeenClient>& clients() const noexcept { return clients_; }

 private:
  void find(Place& place, const ip::Address& address, const ShownTexts& texts);
  void forget_last();

  std::size_t most_;
  std::list<SeenClient> clients_;
  std::unordered_map<Hash128, std::list<SeenClient>::iterator> by_name_;
  std::uint64_t evictions_ = 0;
};

}  // namespace cachearr::client
