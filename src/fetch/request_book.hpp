// The requests that stored answers came for, so that what is stored can be asked for again without a client. In memory
// alone: they hold credentials of clients, which are never written down.
//
// Owned by the proxy server, outlives the workers. Thread-safe; written when an answer is stored, and by the first hit
// of one that an earlier run has left on disk; never by a hit in memory. What was remembered longest ago is forgotten
// where the bound is reached.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include <cachearr/clock.hpp>

#include "base/hash.hpp"
#include "http/message.hpp"
#include "pipeline/request_context.hpp"
#include "store/entry.hpp"

namespace cachearr::fetch {

struct RememberedRequest {
  std::string upstream, rule;
  pipeline::Route route;                   // but for its upstream, which is the snapshot's
  http::Owned<http::RequestHead> request;  // what a client sent, or we did
  std::uint32_t hits_at_begin = 0;         // of the entry, when this life of it began
  std::uint32_t asks_before = 0;           // in the life before; 0 where that had ended longer ago than it lasted
  TimePoint began{}, end{};                // of this life
  bool by_client = false;                  // this life began because a client asked
  bool asked_before = false;               // somebody asked in the life before
  bool has_validator = false;              // what is unchanged costs a 304

  /// Somebody has asked in this life or in the one before.
  bool was_asked_lately(std::uint32_t hits) const noexcept { return by_client || asked_before || hits > hits_at_begin; }
  /// How often somebody will ask in a next life of the same length: as in the life before or as in this one up to now,
  /// whichever is less. What is asked for in bursts, with nothing between them, is not taken for much asked.
  double expected_asks(std::uint32_t hits, TimePoint now) const noexcept;
};
using RememberedRequestPtr = std::shared_ptr<const RememberedRequest>;

class RequestBook {
 public:
  static constexpr std::size_t kMostBytes = 8 * 1024 * 1024;

  explicit RequestBook(std::size_t most_bytes = kMostBytes) : most_bytes_{most_bytes} {}
  RequestBook(const RequestBook&) = delete;
  RequestBook& operator=(const RequestBook&) = delete;

  /// A life of the entry begins. `by_client`: because a client asked. What no rule vouches for, and what asked for a
  /// part alone, is not remembered.
  void remember(const pipeline::RequestContext& context, const store::Entry& entry, bool by_client);
  /// An answer of an earlier run is worth remembering: nothing is known of it, and there is plenty of room.
  bool lacks(const pipeline::RequestContext& context, const Hash128& id) const;
  /// By the id of the stored answer; null: not known, or not any more.
  RememberedRequestPtr find(const Hash128& id) const;
  /// The one remembered last of this upstream; null: none.
  RememberedRequestPtr last_of(std::string_view upstream) const;
  std::size_t bytes() const;

 private:
  using Order = std::list<Hash128>;
  struct Slot {
    RememberedRequestPtr request;
    Order::iterator place;
    std::size_t bytes;
  };
  void forget_oldest_locked();

  const std::size_t most_bytes_;
  mutable std::mutex mutex_;  // guards all below
  std::unordered_map<Hash128, Slot> slots_;
  std::unordered_map<std::string, RememberedRequestPtr> last_;  // by upstream
  Order order_;                                                 // the oldest first
  std::size_t bytes_ = 0;
};

}  // namespace cachearr::fetch
