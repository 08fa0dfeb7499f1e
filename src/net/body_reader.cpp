#include "net/body_reader.hpp"

#include <algorithm>

namespace cachearr::net {

using Body = http::Framing::Body;

BodyReader::BodyReader(Stream& stream, Inbox& inbox, const http::Framing& framing) noexcept
    : stream_{stream}, inbox_{inbox}, kind_{framing.body}, left_{framing.length}, done_{framing.body == Body::none} {
  if (kind_ == Body::length && left_ == 0) done_ = true;
}

void BodyReader::give(Piece& into, std::string_view data, std::size_t consumed) noexcept {
  into = Piece{Piece::Kind::data, data, IoError::none, {}};
  owed_ = consumed;
}

bool BodyReader::buffered(Piece& into) {
  if (owed_ > 0) {
    inbox_.consume(owed_);
    owed_ = 0;
  }
  if (done_) {
    into = Piece{};
    return true;
  }
  if (inbox_.empty()) return false;
  if (kind_ == Body::chunked) return buffered_chunk(into);
  const auto bytes = inbox_.readable();
  if (kind_ == Body::until_close) return give(into, bytes, bytes.size()), true;
  const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  left_ -= take;
  done_ = left_ == 0;
  give(into, bytes.substr(0, take), take);
  return true;
}

bool BodyReader::buffered_chunk(Piece& into) {
  using Kind = http::ChunkDecoder::Step::Kind;
  for (;;) {
    const auto step = chunks_.next(inbox_.readable());
    if (step.kind == Kind::data) return give(into, step.data, step.consumed), true;
    trailers_ += step.trailer;
    inbox_.consume(step.consumed);
    if (step.kind == Kind::need_more) return false;
    done_ = true;
    into = Piece{};
    if (step.kind == Kind::error) into = Piece{Piece::Kind::failed, {}, IoError::none, chunks_.problem()};
    return true;
  }
}

Task<BodyReader::Piece> BodyReader::next(Duration idle) {
  for (;;) {
    Piece piece;
    if (buffered(piece)) co_return piece;
    stream_.arm(idle);
    const auto got = co_await inbox_.fill(stream_, kReadSize);
    stream_.disarm();
    if (got.error == IoError::none) continue;
    done_ = true;
    if (got.error == IoError::closed && kind_ == Body::until_close) co_return Piece{};
    piece = Piece{Piece::Kind::failed, {}, got.error, {}};
    co_return piece;
  }
}

}  // namespace cachearr::net
