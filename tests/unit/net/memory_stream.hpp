// A connection without a socket: what the peer sends is laid down before, one piece for each read, and what is written
// to it is kept. Lives on the worker of a Pump.
#pragma once

#include <algorithm>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>

#include "net/stream.hpp"
#include "net/worker.hpp"

namespace cachearr::net::test {

class MemoryStream final : public Stream {
 public:
  explicit MemoryStream(Worker& worker) : Stream{worker.deadlines()}, worker_{worker} {}

  /// The peer sends this in one piece.
  void sends(std::string_view bytes) {
    if (!bytes.empty()) incoming_.emplace_back(bytes);
  }
  void sends_byte_by_byte(std::string_view bytes) {
    for (const char c : bytes) incoming_.emplace_back(1, c);
  }
  /// How reading ends once everything is read.
  void ends_with(IoError how) { end_ = how; }
  /// Once everything is read the armed deadline has run out.
  void falls_silent() { silent_ = true; }
  /// The most that one write takes; a write in between takes nothing.
  void takes_at_most(std::size_t bytes) { write_size_ = bytes; }
  void breaks_on_write() { writes_break_ = true; }
  const std::string& written() const { return written_; }
  std::size_t reads() const { return reads_; }

  Task<IoResult> read_some(std::span<char> into) override {
    ++reads_;
    co_await boost::asio::post(worker_.context(), boost::asio::deferred);
    if (into.empty()) co_return IoResult{};
    if (incoming_.empty() && silent_) {
      auto& deadlines = worker_.deadlines();
      auto now = deadlines.now();
      for (const auto end = now + std::chrono::hours{1}; now < end && !timed_out_;)
        deadlines.sweep(now += Deadlines::kSweep);
      co_return IoResult{0, timed_out_ ? IoError::timed_out : IoError::other};
    }
    if (incoming_.empty()) co_return IoResult{0, end_};
    auto& front = incoming_.front();
    const auto bytes = std::min(front.size(), into.size());
    std::memcpy(into.data(), front.data(), bytes);
    front.erase(0, bytes);
    if (front.empty()) incoming_.pop_front();
    co_return IoResult{bytes, IoError::none};
  }
  IoResult try_write(std::span<const Slice> slices) noexcept override {
    if (writes_break_) return {0, IoError::reset};
    full_ = !full_ && write_size_ != std::string::npos;
    if (full_) return {0, IoError::none};
    std::size_t taken = 0;
    for (const auto& one : slices) {
      const auto bytes = std::min(one.iov_len, write_size_ - taken);
      written_.append(static_cast<const char*>(one.iov_base), bytes);
      taken += bytes;
    }
    return {taken, IoError::none};
  }
  Task<IoError> wait_writable() override {
    co_await boost::asio::post(worker_.context(), boost::asio::deferred);
    co_return IoError::none;
  }
  void shutdown_write() noexcept override {}
  void close() noexcept override { open_ = false; }
  bool is_stale() noexcept override { return !incoming_.empty() || !open_; }
  bool is_open() const noexcept override { return open_; }
  int native_handle() noexcept override { return -1; }

 private:
  void expire() noexcept override { timed_out_ = true; }

  Worker& worker_;
  std::deque<std::string> incoming_;
  std::string written_;
  std::size_t write_size_ = std::string::npos;
  std::size_t reads_ = 0;
  IoError end_ = IoError::closed;
  bool silent_ = false;
  bool timed_out_ = false;
  bool writes_break_ = false;
  bool full_ = false;
  bool open_ = true;
};

}  // namespace cachearr::net::test
