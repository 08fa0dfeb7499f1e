#include "client/http1_reply_sink.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace cachearr::client {

std::string& Http1ReplySink::begin_head(const store::EntryPtr& stored) {
  auto& out = output();
  if (stored) out.append(stored, stored->head());
  return out.text();
}

/// Without a length or chunks only the connection's end ends the body.
bool Http1ReplySink::end_head(Body body, Connection connection) {
  chunked_ = body == Body::uncounted && !connection.http10;
  const bool delimited = body != Body::uncounted || chunked_;
  auto& text = output().text();
  if (chunked_) text += "Transfer-Encoding: chunked\r\n";
  if (!connection.keep_alive || !delimited) {
    text += "Connection: close\r\n\r\n";
  } else if (connection.http10) {
    text += "Connection: keep-alive\r\n\r\n";
  } else {
    text += std::string_view{"\r\n"};
  }
  return delimited;
}

void Http1ReplySink::begin_chunk(std::size_t size) {
  if (!chunked_) return;
  std::array<char, 2 * sizeof size> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), size, 16).ptr;
  output().text().append(digits.data(), static_cast<std::size_t>(end - digits.data())).append("\r\n");
}

void Http1ReplySink::end_chunk() {
  if (chunked_) output().text() += "\r\n";
}

// An empty chunk would end the body.

void Http1ReplySink::body(const store::EntryPtr& owner, std::string_view bytes) {
  if (bytes.empty()) return;
  begin_chunk(bytes.size());
  output().append(owner, bytes);
  end_chunk();
}

void Http1ReplySink::body(std::shared_ptr<const std::string> piece) {
  if (piece->empty()) return;
  begin_chunk(piece->size());
  output().append(std::move(piece));
  end_chunk();
}

void Http1ReplySink::body(std::string_view text) {
  if (text.empty()) return;
  begin_chunk(text.size());
  output().text() += text;
  end_chunk();
}

void Http1ReplySink::end() {
  if (chunked_) output().text() += "0\r\n\r\n";
  chunked_ = false;
}

void Http1ReplySink::end_with(std::string_view trailers) {
  if (chunked_) output().text().append("0\r\n").append(trailers).append("\r\n");
  chunked_ = false;
}

void Http1ReplySink::reset() {
  net::reset_on_close(*stream_);
  stream_->close();
  if (output_) clear();
}

void Http1ReplySink::clear() { outputs_.give_back(std::move(output_)); }

}  // namespace cachearr::client
