#include "client/body_writer.hpp"

#include <string>
#include <utility>

#include "net/event.hpp"

namespace cachearr::client {

using content::DecodeState;

namespace {

// What is sent on is not kept, so that only the ratio tells what is beyond reason.
constexpr content::DecodeBounds kBounds{std::uint64_t{4} << 30};

}  // namespace

BodyWriter::BodyWriter(Exchange& exchange, std::string_view coding) : exchange_{exchange} {
  if (!coding.empty()) decoder_.emplace(coding, kBounds);
}

void BodyWriter::append(fetch::ChunkPtr piece) {
  sent_ += piece->size();
  pending_ += piece->size();
  exchange_.sink().body(std::move(piece));
}

net::Task<bool> BodyWriter::append_decoded(std::string_view piece) {
  empty_ = empty_ && piece.empty();
  for (;;) {
    auto made = std::make_shared<std::string>();
    const auto state = decoder_->feed(piece, *made);
    if (!made->empty()) append(std::move(made));
    if (state == DecodeState::more) co_return true;
    if (state != DecodeState::pending) co_return false;
    const auto flushed = co_await flush();
    if (flushed == Next::close) co_return false;
    co_await net::let_others_go(exchange_.worker().loop);
  }
}

bool BodyWriter::end(std::string_view trailers) {
  if (decoder_ && !empty_ && decoder_->finish() != DecodeState::whole) return false;
  exchange_.sink().end_with(trailers);
  return true;
}

net::Task<Next> BodyWriter::flush() {
  const auto flushed = co_await exchange_.flush();
  pending_ = 0;
  co_return flushed;
}

}  // namespace cachearr::client
