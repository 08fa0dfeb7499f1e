// How the shared tier is: what the API, health, metrics and the command line say of it. Plain values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "metrics/metrics.hpp"

namespace cachearr::shared {

struct Member {
  std::string name;
  std::string address;  // of its proxy
  std::string version;
  std::string rules;  // a fingerprint of what it was told
  TimePoint seen{};   // by the server's clock, as ours
  bool is_self = false;
};

/// What takes time there: a look-up, a claim of a fetch, a write, a draw, the pulse.
enum class Command : std::uint8_t { get, claim, set, draw, time, count };
std::string_view to_words(Command command) noexcept;
/// Written by the tier's thread alone, read by any.
using CommandTimes = std::array<metrics::Histogram, static_cast<std::size_t>(Command::count)>;

struct TierCounts {
  std::uint64_t hits = 0, misses = 0, timeouts = 0, late = 0, written = 0;
  std::uint64_t waits = 0;                         // for the fetch of another instance
  std::uint64_t sent = 0, received = 0, gaps = 0;  // of invalidations
  std::map<std::string, std::uint64_t> waited;     // of these waits, by what came of them
  std::map<std::string, std::uint64_t> rejected;   // records that were not believed, by why
  std::map<std::string, std::uint64_t> dropped;    // records that were not written, by why
};

/// What this instance has removed from the server, since invalidations name it.
struct SweepStatus {
  bool runs = false;
  std::uint64_t sweeps = 0, removed = 0;  // all
  TimePoint at{};                         // the end of the last one
  Duration took{};
  std::uint64_t last_seen = 0, last_removed = 0;
};

/// What lies there for one answer, looked at by a person.
struct Seen {
  bool answered = false;      // else the server said nothing in time, or is away
  std::string holder;         // who fetches it for all just now; empty: nobody
  bool found = false;         // a record that is believed
  std::string fault;          // a record that is not, and why
  TimePoint fresh_until{};    // of what was found
  TimePoint useless_after{};  // it may be served stale until then
};

struct TierStatus {
  bool up = false;     // commands are answered
  bool ready = false;  // and all that others have invalidated is known
  std::string server;  // where, without user and password
  std::string software, version, mode;
  std::string problem;                // why it is not up or not ready
  std::string limits_problem;         // why limits are not shared, though the server is up
  std::vector<std::string> refusals;  // what else the server refuses for want of rights
  std::string instance;
  bool breaker_open = false;
  bool writes_paused = false;  // it was full just now
  Duration offset{};           // of the server's clock to ours
  std::chrono::microseconds round_trip{};
  std::uint64_t used_bytes = 0, max_bytes = 0;  // 0: no limit
  std::string eviction;                         // policy of the server
  std::uint64_t outbox = 0;                     // invalidations that wait to be sent
  std::uint64_t ordinal = 0;                    // of the newest invalidation known here
  Duration lag{};                               // since that was last confirmed
  TimePoint gap_at{};                           // the last time that some were missed
  std::vector<Member> members;
  SweepStatus sweep;
  TierCounts counts;
};

}  // namespace cachearr::shared
