// Replies from a stored answer, read back as a client would.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "client/replies.hpp"
#include "unit/client/http1_connection.hpp"
#include "unit/pipeline/heads.hpp"

namespace cachearr::test {

inline const TimePoint kStoredAt{std::chrono::seconds{1'700'000'000}};  // Tue, 14 Nov 2023 22:13:20 GMT

/// "0123456789" with ETag "v1", changed an hour before it was stored.
inline store::EntryPtr stored(std::string_view body = "0123456789", std::uint16_t status = 200) {
  const std::string line = "HTTP/1.1 " + std::to_string(status) + " Fine\r\nETag: ";
  const auto head = line +
                    "\"v1\"\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nLast-Modified: Tue, 14 Nov 2023 21:13:20 GMT\r\n"
                    "Content-Type: text/plain\r\nCache-Control: max-age=60\r\nX-Own: 1\r\nVia: 1.1 cachearr\r\n"
                    "Content-Length: " +
                    std::to_string(body.size()) + "\r\n";
  const std::array<std::string_view, 1> pieces{body};
  store::EntryParts parts;
  parts.id = hash128("identity");
  parts.identity = "identity";
  parts.key = "key";
  parts.head = head;
  parts.body = pieces;
  parts.meta.status = status;
  parts.meta.etag_at = static_cast<std::uint16_t>(line.size());
  parts.meta.etag_size = 4;
  const auto at = kStoredAt.time_since_epoch().count();
  parts.meta.born_ms = parts.meta.stored_ms = parts.meta.date_ms = at;
  parts.meta.last_modified_ms = at - 3'600'000;
  parts.meta.fresh_until_ms = at + 60'000;
  return store::make_entry(parts);
}

struct Reply {
  explicit Reply(const Asked& asked, const store::EntryPtr& entry = stored(), client::ReplyConnection goes_on = {})
      : sent{client::append_stored(connection.sink, asked.head, entry, hit(), kStoredAt + std::chrono::seconds{5},
                                   goes_on)},
        bytes{connection.text()},
        answer{bytes} {}
  static http::CacheStatus hit() {
    http::CacheStatus status;
    status.hit = true;
    return status;
  }
  Http1Connection connection;
  client::ReplySize sent;
  std::string bytes;
  Answered answer;
};

}  // namespace cachearr::test
