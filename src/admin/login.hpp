// Who is logged in at the page: sessions of browsers, links that log in once, and how fast may be guessed.
//
// A session is what its cookie says, signed with the API key: it outlives a restart, and ends when the key changes, or
// the password with which it was opened. Those that were closed stand in the store's state, so that they stay closed as
// long as there is a disk tier. Owned by the Api; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "base/ip_address.hpp"
#include "store/store.hpp"

namespace cachearr::admin {

class Login {
 public:
  static constexpr std::chrono::hours kSession{30 * 24};
  static constexpr std::chrono::minutes kLink{10};
  static constexpr int kMostFailures = 5;  // of one address (IPv6: of one network) within kPause
  static constexpr std::chrono::minutes kPause{1};

  Login(const std::string& api_key, store::Store& store, const Clock& clock);

  /// What `secret` is: the API key or the password (empty: there is none).
  enum class Proof : char { none = '-', key = 'k', password = 'p' };
  Proof prove(std::string_view secret, std::string_view password) const;

  /// The value of a cookie.
  std::string open(Proof proof, std::string_view password) const;
  bool is_open(std::string_view session, std::string_view password) const;
  void close(std::string_view session);

  std::string make_link();
  /// True once for each link, in time.
  bool take_link(std::string_view link);

  /// How long this address has to wait before it may try again; none: not at all.
  std::optional<std::chrono::seconds> pause_of(const ip::Address& peer) const;
  void count_failure(const ip::Address& peer);

 private:
  struct Failures {
    int count = 0;
    TimePoint since{};
  };
  std::string signed_with(std::string_view text, std::string_view password) const;
  std::uint64_t seconds_now() const;

  const std::string& api_key_;
  store::Store& store_;
  const Clock& clock_;
  mutable std::mutex mutex_;                             // guards all below
  std::map<std::string, std::uint64_t> closed_;          // hash of a session: when it is over, in seconds since 1970
  std::map<std::string, TimePoint, std::less<>> links_;  // until when
  std::map<std::string, Failures> failures_;
};

/// The session in the Cookie fields' value; empty: none.
std::string_view session_in(std::string_view cookies);
/// The Set-Cookie line, CRLF included. An empty session removes it. `path` is where the page is.
std::string session_cookie(std::string_view session, std::string_view path, bool secure);

}  // namespace cachearr::admin
