// A look-up of the tier under way. Private to the tier.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "shared/tier.hpp"

namespace cachearr::shared {

/// One question. It is answered once: by what comes, or by its deadline.
struct Tier::LookUp {
  explicit LookUp(boost::asio::io_context& context) : timer{context} {}
  std::string identity;
  std::string name, key;  // in the server
  Hash128 id;
  std::uint32_t generation = 0;
  bool may_claim = false;
  bool is_nowhere_else = false;
  Found done;
  boost::asio::steady_timer timer;
  std::chrono::steady_clock::time_point asked = {};
  std::uint64_t received = 0;  // of its server, when that was last looked at
  std::string nonce;           // of its claim
  bool has_come = false;       // after it was looked for
  std::string useless;         // the begin of a record that is no answer; empty: none is there
  store::EntryPtr stale;       // newer than what is here, for the origin to confirm
  std::int64_t known_ms = 0;   // when what is here was stored; 0: nothing is
  std::chrono::steady_clock::time_point wait_until = {};  // for another's fetch; 0: it has not been waited for

  bool is_late() const noexcept { return !done; }
  bool has_waited() const noexcept { return wait_until != std::chrono::steady_clock::time_point{}; }
  /// Without an answer, but where there is one to be confirmed.
  void give_up(store::FetchClaim claim = {}) { answer(std::exchange(stale, {}), std::move(claim)); }
  void answer(store::EntryPtr entry, store::FetchClaim claim = {}) {
    if (!done) return;
    timer.cancel();
    std::exchange(done, {})(std::move(entry), std::move(claim));
  }
};

}  // namespace cachearr::shared
