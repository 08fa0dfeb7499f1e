#include "client/http2/http2_reply_sink.hpp"

#include <algorithm>
#include <utility>

namespace cachearr::client {

std::string& Http2ReplySink::begin_head(const store::EntryPtr& stored) {
  head_.assign(stored ? stored->head() : std::string_view{});
  return head_;
}

/// How the client's connection goes on is said by HTTP/2 itself.
bool Http2ReplySink::end_head(Body body, Connection) {
  begun_ = true;
  ended_ = body == Body::none;
  lost_ = lost_ || closed_;
  if (!closed_) connection_.answer(stream_, head_, ended_ ? nullptr : this);
  head_.clear();
  return true;
}

void Http2ReplySink::add(Piece piece) {
  if (closed_ || piece.rest.empty()) return;
  waiting_ += piece.rest.size();
  pieces_.push_back(std::move(piece));
  connection_.resume(stream_);
}

void Http2ReplySink::body(const store::EntryPtr& owner, std::string_view bytes) { add({owner, nullptr, bytes}); }

void Http2ReplySink::body(std::shared_ptr<const std::string> piece) {
  const std::string_view all{*piece};
  add({{}, std::move(piece), all});
}

void Http2ReplySink::body(std::string_view text) { body(std::make_shared<const std::string>(text)); }

void Http2ReplySink::end_with(std::string_view trailers) {
  if (ended_) return;
  trailers_ = trailers;
  ended_ = true;
  if (!closed_) connection_.resume(stream_);
}

void Http2ReplySink::reset(net::Http2Connection::Reset why) {
  if (!closed_) connection_.reset(stream_, why);
  close();
}

void Http2ReplySink::move_to(std::string& out, std::size_t bytes) {
  waiting_ -= bytes;
  moved_ += bytes;
  if (taken_) *taken_ += bytes;
  while (bytes > 0) {
    auto& piece = pieces_.front();
    const auto size = std::min(bytes, piece.rest.size());
    out.append(piece.rest.substr(0, size));
    piece.rest.remove_prefix(size);
    bytes -= size;
    if (piece.rest.empty()) pieces_.pop_front();
  }
  if (waiting_ == 0) wake();
}

void Http2ReplySink::wake() noexcept {
  if (drained_) drained_->set();
}

void Http2ReplySink::close() noexcept {
  lost_ = lost_ || !is_complete() || waiting_ > 0;
  closed_ = true;
  pieces_.clear();
  waiting_ = 0;
  wake();
}

net::Task<bool> Http2ReplySink::drain() {
  if (is_waiting() && !drained_) drained_ = std::make_unique<net::Event>(worker_);
  while (is_waiting()) co_await drained_->wait();
  co_return !lost_;
}

}  // namespace cachearr::client
