// One answer's body on its way into a session's sink, decoded where the client does not take its coding.
// Decoding goes in steps, between which the worker serves others. Lives in the frame of a delivery.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "client/exchange.hpp"
#include "content/decoder.hpp"
#include "fetch/shared_fetch.hpp"

namespace cachearr::client {

class BodyWriter {
 public:
  /// `coding` is undone; empty: the body goes out as it comes.
  BodyWriter(Exchange& exchange, std::string_view coding);

  bool decodes() const noexcept { return decoder_.has_value(); }
  /// Hands a piece to the sink as it is.
  void append(fetch::ChunkPtr piece);
  /// Hands what a piece decodes to to the sink, and sends it meanwhile. False where it is broken or the client gone.
  net::Task<bool> append_decoded(std::string_view piece);
  /// The body is at its end, and `trailers` behind it; false where it is not whole.
  bool end(std::string_view trailers = {});
  net::Task<Next> flush();
  /// Bytes that wait for a flush().
  std::size_t pending() const noexcept { return pending_; }
  std::uint64_t sent() const noexcept { return sent_; }

 private:
  Exchange& exchange_;
  bool empty_ = true;
  std::optional<content::Decoder> decoder_;
  std::size_t pending_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace cachearr::client
