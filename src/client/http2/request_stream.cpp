#include "client/http2/request_stream.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "client/http2/http2_session.hpp"

namespace cachearr::client {

namespace {

constexpr std::size_t kDropped = 64 * 1024;  // bytes that were read and stand in front of others

}  // namespace

Http2RequestStream::Http2RequestStream(Http2Session& session, net::Http2StreamId stream, http::Framing::Body body)
    : Stream{session.loop().deadlines()},
      session_{session},
      stream_{stream},
      changed_{session.loop()},
      chunked_{body == http::Framing::Body::chunked},
      ended_{body == http::Framing::Body::none} {}

void Http2RequestStream::append(std::string_view data) {
  if (!open_) return session_.taken(stream_, data.size());
  unread_.append(data);
  changed_.set();
}

void Http2RequestStream::end() {
  ended_ = true;
  changed_.set();
}

/// A body that will never be complete is read by nobody, and must not keep the connection's window from others.
void Http2RequestStream::break_off() noexcept {
  gone_ = true;
  if (!ended_) {
    open_ = false;
    session_.http2().consumed(stream_, drop());
  }
  changed_.set();
}

/// The client may send as much as was read, and no more: framing is ours.
void Http2RequestStream::take(std::size_t bytes) noexcept {
  if (at_ == unread_.size() || at_ >= kDropped) unread_.erase(0, std::exchange(at_, 0));
  session_.taken(stream_, bytes);
}

std::size_t Http2RequestStream::drop() noexcept {
  const auto dropped = unread_.size() - at_;
  unread_ = std::string{};
  at_ = left_ = 0;
  return dropped;
}

/// Of all that is there, or the last one where all has come. False: there is nothing to read now.
bool Http2RequestStream::begin_chunk() {
  left_ = unread_.size() - at_;
  if (!chunked_) return left_ > 0;
  if (left_ == 0 && (!ended_ || told_end_)) return false;
  told_end_ = left_ == 0;
  std::array<char, 2 * sizeof(std::size_t)> digits{};
  const auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), left_, 16).ptr;
  framing_.assign(digits.data(), static_cast<std::size_t>(end - digits.data())).append("\r\n");
  if (told_end_) framing_ += "\r\n";
  return true;
}

std::size_t Http2RequestStream::fill(std::span<char> into) {
  const auto before = at_;
  std::size_t size = 0;
  while (size < into.size() && (!framing_.empty() || left_ > 0 || begin_chunk())) {
    const auto room = into.subspan(size);
    if (!framing_.empty()) {
      const auto copied = framing_.copy(room.data(), room.size());
      framing_.erase(0, copied);
      size += copied;
      continue;
    }
    const auto copied = unread_.copy(room.data(), std::min(room.size(), left_), at_);
    at_ += copied;
    left_ -= copied;
    size += copied;
    if (chunked_ && left_ == 0) framing_ = "\r\n";
  }
  take(at_ - before);
  return size;
}

net::Task<net::IoResult> Http2RequestStream::read_some(std::span<char> into) {
  timed_out_ = false;
  for (;;) {
    if (!open_) co_return net::IoResult{0, net::IoError::reset};
    const auto size = fill(into);
    if (size > 0) co_return net::IoResult{size, net::IoError::none};
    if (ended_) co_return net::IoResult{0, net::IoError::closed};
    if (std::exchange(timed_out_, false)) co_return net::IoResult{0, net::IoError::timed_out};
    co_await changed_.wait();
  }
}

void Http2RequestStream::close() noexcept {
  open_ = false;
  session_.taken(stream_, drop());
  changed_.set();
}

void Http2RequestStream::expire() noexcept {
  timed_out_ = true;
  changed_.set();
}

}  // namespace cachearr::client
