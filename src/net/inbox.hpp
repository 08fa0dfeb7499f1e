// The input buffer of one connection: small while the connection is idle, larger while a message needs it.
//
// Belongs to its connection. Views into readable() die with the next fill() or consume().
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "net/stream.hpp"

namespace cachearr::net {

class Inbox {
 public:
  static constexpr std::size_t kInline = 1536;

  std::string_view readable() const noexcept { return {data() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }
  void consume(std::size_t bytes) noexcept;
  /// Reads once; makes space first, up to `limit` unread bytes in all. REQUIRES: readable().size() < limit.
  Task<IoResult> fill(Stream& stream, std::size_t limit);
  /// Room for the next read, at least one byte: for callers that read by themselves. Then call added().
  std::span<char> space(std::size_t limit);
  void added(std::size_t bytes) noexcept { end_ += bytes; }
  /// Puts bytes that were read elsewhere in front of everything unread.
  void prepend(std::string_view bytes);

 private:
  char* data() noexcept { return heap_ ? heap_.get() : inline_.data(); }
  const char* data() const noexcept { return heap_ ? heap_.get() : inline_.data(); }
  std::size_t capacity() const noexcept { return heap_ ? heap_size_ : kInline; }
  void grow_to(std::size_t size);

  std::unique_ptr<char[]> heap_;
  std::size_t heap_size_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::array<char, kInline> inline_;
};

}  // namespace cachearr::net
