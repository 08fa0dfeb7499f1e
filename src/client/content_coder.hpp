// Stored answers in a coding that the client takes (RFC 9110 12.5.3), for `cache.compression`: text that is stored as
// it is goes out as gzip or br where that is welcome, and what is stored as gzip or br is decoded for a client that
// does not take it. The results are kept for a while. One for each worker, touched only on its thread.
//
// A converted answer is another representation: its ETag is weak (RFC 9110 8.8.1), its Content-Length is its own, and
// `Vary: Accept-Encoding` says that there are others, whichever goes out.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "content/coding.hpp"
#include "http/message.hpp"
#include "store/entry.hpp"

namespace cachearr::client {

class ContentCoder {
 public:
  struct Encoded {
    store::EntryPtr entry;  // what is stored, or made of it
    bool varies = false;    // to be said, as its head does not
  };
  explicit ContentCoder(std::uint64_t max_bytes) : max_bytes_{max_bytes} {}

  Encoded encode_for(const store::EntryPtr& entry, const http::RequestHead& request);
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  struct Kept {
    store::EntryMeta of;        // what it was made of
    store::EntryPtr converted;  // null: not worth it
  };
  store::EntryPtr converted(const store::EntryPtr& entry, content::Coding from, content::Coding to);
  void drop_oldest();

  const std::uint64_t max_bytes_;
  std::uint64_t bytes_ = 0;
  std::unordered_map<Hash128, Kept> kept_;
  std::deque<Hash128> order_;  // oldest first
};

}  // namespace cachearr::client
