#include "client/http2/request_stream.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "client/http2/http2_session.hpp"

namespace cachearr::client {

Http2RequestStream::Http2RequestStream(Http2Session& session, net::Http2StreamId stream, http::Framing::Body body)
    : Stream{session.loop().deadlines()},
      session_{session},
      stream_{stream},
      changed_{session.loop()},
      chunked_{body == http::Framing::Body::chunked},
      ended_{body == http::Framing::Body::none} {}

void Http2RequestStream::append(std::string_view data) {
  if (!open_) return session_.taken(stream_, data.size());
  if (data.empty()) return;
  window_ += data.size();
  if (chunked_) {
    std::array<char, 2 * sizeof(std::size_t)> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), data.size(), 16).ptr;
    unread_.append(digits.data(), static_cast<std::size_t>(end - digits.data())).append("\r\n");
    unread_.append(data).append("\r\n");
  } else {
    unread_.append(data);
  }
  changed_.set();
}

void Http2RequestStream::end() {
  if (chunked_ && !ended_) unread_ += "0\r\n\r\n";
  ended_ = true;
  changed_.set();
}

void Http2RequestStream::break_off() noexcept {
  gone_ = true;
  if (!ended_) open_ = false;
  changed_.set();
}

/// The framing that was put around the data counts as data until all is read.
void Http2RequestStream::take(std::size_t bytes) noexcept {
  at_ += bytes;
  const bool all = at_ == unread_.size();
  const auto given_back = all ? window_ : std::min(window_, bytes);
  window_ -= given_back;
  session_.taken(stream_, given_back);
  if (!all) return;
  unread_.clear();
  at_ = 0;
}

net::Task<net::IoResult> Http2RequestStream::read_some(std::span<char> into) {
  timed_out_ = false;
  for (;;) {
    if (!open_) co_return net::IoResult{0, net::IoError::reset};
    if (at_ < unread_.size()) {
      const auto size = unread_.copy(into.data(), into.size(), at_);
      take(size);
      co_return net::IoResult{size, net::IoError::none};
    }
    if (ended_) co_return net::IoResult{0, net::IoError::closed};
    if (std::exchange(timed_out_, false)) co_return net::IoResult{0, net::IoError::timed_out};
    co_await changed_.wait();
  }
}

void Http2RequestStream::close() noexcept {
  open_ = false;
  session_.taken(stream_, std::exchange(window_, 0));
  changed_.set();
}

void Http2RequestStream::expire() noexcept {
  timed_out_ = true;
  changed_.set();
}

}  // namespace cachearr::client
