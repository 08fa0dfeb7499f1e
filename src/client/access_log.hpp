// One line for each request: who, what, how it was decided. Lines are formatted into the worker's own batch, without
// any secret, and handed to the log's thread a batch at a time.
//
// One for each worker; touched only on its thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "base/log.hpp"
#include "http/cache_status.hpp"

namespace cachearr::client {

/// The parts of a line that are the same each time the same is asked.
struct LogText {
  std::string asked;  // method and URL
  std::string named;  // upstream, rule and key
};

struct LogFacts {
  std::string_view client;        // address
  const LogText* text = nullptr;  // of the nine that follow, which are not looked at then
  std::string_view method;
  std::string_view scheme, authority, path, query;  // as asked; redacted here
  std::string_view url;                             // of these four, redacted already; empty: not yet
  std::string_view upstream, rule, key;
  std::span<const std::string> secrets;  // query parameters that the upstream's rules call credentials, lower case
  int status = 0;
  std::uint64_t bytes = 0;  // of the body
  std::uint64_t microseconds = 0;
  http::CacheStatus cache;
  std::string_view tls;    // the version spoken with the origin for this answer; empty: none
  std::string_view error;  // what went wrong, free of secrets; empty: nothing
  bool http2 = false;      // spoken with the client; else HTTP/1
};

/// The URL that was asked for, free of secrets.
void append_shown_url(std::string& out, const LogFacts& facts);

class AccessLog {
 public:
  /// `now`: the time of the request's end, which the line bears.
  void write(const LogFacts& facts, TimePoint now);
  static void format_request(const LogFacts& facts, LogText& into);
  /// Hands the batch over; called when it is large and once each sweep.
  void flush() { batch_.flush(); }

 private:
  std::string_view stamp(TimePoint now, bool json);
  static constexpr std::size_t kBatch = 16 * 1024;
  log::LineBatch batch_;
  LogText text_;  // of the line being written
  TimePoint stamped_{};
  std::string stamp_;  // "2026-11-22 13:00:00.123" or "2026-11-22T12:00:00.123" of stamped_
};

}  // namespace cachearr::client
