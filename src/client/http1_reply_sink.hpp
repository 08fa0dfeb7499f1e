// Replies as HTTP/1 messages (RFC 9112): chunked where no length is known, Connection, and what is about to be sent.
// Belongs to a connection; holds an Output only while there is something to send.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/output.hpp"
#include "client/reply_sink.hpp"
#include "net/stream.hpp"

namespace cachearr::client {

class Http1ReplySink final : public ReplySink {
 public:
  Http1ReplySink(OutputPool& outputs, net::Stream& stream) : outputs_{outputs}, stream_{&stream} {}

  std::string& begin_head(const store::EntryPtr& stored) override;
  bool end_head(Body body, Connection connection) override;
  void body(const store::EntryPtr& owner, std::string_view bytes) override;
  void body(std::shared_ptr<const std::string> piece) override;
  void body(std::string_view text) override;
  void end() override;
  void end_with(std::string_view trailers) override;
  void reset() override;

  /// The stream that reset() resets from here on.
  void change_stream(net::Stream& stream) noexcept { stream_ = &stream; }
  bool empty() const noexcept { return !output_ || output_->empty(); }
  std::size_t bytes() const noexcept { return output_ ? output_->bytes() : 0; }
  /// Everything that is to be sent, in order. REQUIRES: not empty.
  const std::vector<net::Slice>& slices() { return output_->slices(); }
  /// Hands over what is to be sent, and what keeps its bytes alive; the framing of a body goes on.
  std::unique_ptr<Output> take() noexcept { return std::move(output_); }
  /// All of it has been sent.
  void clear();

 private:
  Output& output() {
    if (!output_) output_ = outputs_.take();
    return *output_;
  }
  void begin_chunk(std::size_t size);
  void end_chunk();

  OutputPool& outputs_;
  net::Stream* stream_;
  std::unique_ptr<Output> output_;  // null: nothing is to be sent
  bool chunked_ = false;            // the body being sent
};

}  // namespace cachearr::client
