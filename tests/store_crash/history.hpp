// What the crash test's load did, as a log that survives its death, and what may be found afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace crash {

/// Milliseconds since the epoch.
std::int64_t now_ms();

/// Bytes that can only be those of this key and version.
std::string body_of(std::string_view key, std::uint64_t version);
/// The version whose body this is; 0 where it is none's.
std::uint64_t version_of(std::string_view key, std::string_view body);

/// One thread's log: each line is written before or after what it speaks of, with one system call.
class Log {
 public:
  explicit Log(const std::string& path);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  void write(std::string_view what, std::string_view target, std::uint64_t version);

 private:
  int file_;
};

/// What a key may be after the kill.
struct Expected {
  std::uint64_t at_least = 0;  // a version that must not be missing; 0: nothing has to be there
  std::uint64_t above = 0;     // versions up to this one have been purged
  std::uint64_t at_most = 0;   // the newest that was ever begun
};

/// Replays the logs of one round on top of what was found after the last one. What happened later than `killed_at` -
/// `grace` may be lost; with `evicting` anything may.
std::map<std::string, Expected> replay(const std::vector<std::string>& logs,
                                       std::map<std::string, std::uint64_t> before, std::int64_t killed_at,
                                       std::int64_t grace, bool evicting);

}  // namespace crash
