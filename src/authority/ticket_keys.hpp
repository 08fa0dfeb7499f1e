// The keys under which session tickets are sealed: made in memory, replaced every 6 hours, forgotten after 12.
// Shared by all server contexts of a leaf cache; thread-safe.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>

#include <cachearr/clock.hpp>

#include "authority/openssl.hpp"

namespace cachearr::authority {

inline constexpr std::chrono::hours kTicketKeyTurn{6};

struct TicketKey {
  std::array<unsigned char, 16> name{};
  std::array<unsigned char, 32> cipher{};
  std::array<unsigned char, 32> mac{};
  TimePoint made{};
  bool is_last = false;  // its turn is over: whoever brings a ticket of it gets a new one
};

class TicketKeys {
 public:
  explicit TicketKeys(const Clock& clock) : clock_{clock} {}
  ~TicketKeys();

  /// For a new ticket; none where no random bytes are to be had.
  std::optional<TicketKey> current();
  /// For a ticket that a client brings; none where its key is forgotten or never was ours.
  std::optional<TicketKey> find(const unsigned char* name);

 private:
  void turn();

  const Clock& clock_;
  std::mutex mutex_;
  std::optional<TicketKey> current_, previous_;  // guarded by mutex_
};

/// Makes `context` seal its tickets with `keys`, which it keeps alive.
void use_tickets(SSL_CTX* context, std::shared_ptr<TicketKeys> keys);

}  // namespace cachearr::authority
