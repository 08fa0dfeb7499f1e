// Clients that do not believe the local authority, each for one host: these are tunnelled untouched for a while. A
// client is an address, and what else tells its programs apart behind a space.
//
// One for all workers; thread-safe, every call takes one short lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <cachearr/clock.hpp>

namespace cachearr::client {

struct BypassedClient {
  std::string client, host;
  TimePoint until;
};

class InterceptBypassList {
 public:
  static constexpr std::size_t kMax = 1000;
  static constexpr std::chrono::minutes kFirst{10};
  static constexpr std::chrono::hours kLongest{6};

  /// True while this client is to get `host` untouched.
  bool is_bypassed(const std::string& client, const std::string& host, TimePoint now) const;
  /// The client said that it does not believe. Gives how long it is left alone: twice as long each time in a row.
  Duration distrusts(const std::string& client, const std::string& host, TimePoint now);
  enum class When : std::uint8_t { in_handshake, after_it };
  /// The client went away before it asked for anything. Many say no word when they do not believe (Node, .NET and
  /// GnuTLS judge a certificate after the handshake), so this counts as objecting, but for a client that has asked
  /// before: that may have any reason to go, and zero comes back until it happened twice in a row in the middle of the
  /// handshake, or five times right after it.
  Duration broke_off(const std::string& client, const std::string& host, TimePoint now, When when);
  /// The client sent a request: whatever it did before, it trusts now.
  void trusted(const std::string& client, const std::string& host, TimePoint now);
  /// Those that are left alone now, each address once for a host, until the last of its programs is asked again.
  std::vector<BypassedClient> list(TimePoint now) const;
  /// Asks everybody again from now on: the authority or the clients may have been put right.
  void forget();

 private:
  struct Known {
    TimePoint until{};       // left alone until then
    unsigned times = 0;      // left alone in a row
    unsigned suspicion = 0;  // grows with each connection that was broken off
    bool trusts = false;     // has asked for something
  };
  using Name = std::pair<std::string, std::string>;
  Duration leave_alone(Known& known, TimePoint now);
  Known& at(const std::string& client, const std::string& host, TimePoint now);

  mutable std::mutex mutex_;
  std::map<Name, Known> known_;  // guarded by mutex_
};

}  // namespace cachearr::client
