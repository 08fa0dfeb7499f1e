// How the shared tier is: what the API, health, metrics and the command line say of it. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>

namespace cachearr::shared {

struct Member {
  std::string name;
  std::string address;  // of its proxy
  std::string version;
  std::string rules;  // a fingerprint of what it was told
  TimePoint seen{};   // by the server's clock, as ours
  bool is_self = false;
};

struct TierCounts {
  std::uint64_t hits = 0, misses = 0, timeouts = 0, late = 0, written = 0;
  std::uint64_t waits = 0;                         // for the fetch of another instance
  std::uint64_t sent = 0, received = 0, gaps = 0;  // of invalidations
  std::map<std::string, std::uint64_t> rejected;   // records that were not believed, by why
  std::map<std::string, std::uint64_t> dropped;    // records that were not written, by why
};

struct TierStatus {
  bool up = false;     // commands are answered
  bool ready = false;  // and all that others have invalidated is known
  std::string server;  // where, without user and password
  std::string software, version, mode;
  std::string problem;  // why it is not up or not ready
  std::string instance;
  bool breaker_open = false;
  Duration offset{};  // of the server's clock to ours
  std::chrono::microseconds round_trip{};
  std::uint64_t used_bytes = 0, max_bytes = 0;  // 0: no limit
  std::string eviction;                         // policy of the server
  std::uint64_t outbox = 0;                     // invalidations that wait to be sent
  std::uint64_t ordinal = 0;                    // of the newest invalidation known here
  Duration lag{};                               // since that was last confirmed
  TimePoint gap_at{};                           // the last time that some were missed
  std::vector<Member> members;
  TierCounts counts;
};

}  // namespace cachearr::shared
