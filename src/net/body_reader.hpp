// The body of one message, piece by piece, whatever its framing. Belongs to the coroutine that reads it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/chunked.hpp"
#include "http/framing.hpp"
#include "net/inbox.hpp"

namespace cachearr::net {

class BodyReader {
 public:
  BodyReader(Stream& stream, Inbox& inbox, const http::Framing& framing) noexcept;

  struct Piece {
    enum class Kind : std::uint8_t { data, end, failed } kind = Kind::end;
    std::string_view data;          // with data: valid until the next call
    IoError error = IoError::none;  // with failed: why the connection ended early
    std::string_view problem;       // with failed: what is wrong with the framing; empty: the connection broke
  };
  /// The next piece: what is buffered first, then one read. `idle` limits the wait for each read.
  Task<Piece> next(Duration idle);
  /// The next piece from what is buffered; false where that takes a read.
  bool buffered(Piece& into);
  bool done() const noexcept { return done_; }
  /// The lines behind a chunked body, the empty one included; well-formed. REQUIRES: the end was reached.
  std::string_view trailers() const noexcept { return trailers_; }

 private:
  bool buffered_chunk(Piece& into);
  void give(Piece& into, std::string_view data, std::size_t consumed) noexcept;

  static constexpr std::size_t kReadSize = 64 * 1024;
  Stream& stream_;
  Inbox& inbox_;
  http::Framing::Body kind_;
  std::uint64_t left_;
  std::size_t owed_ = 0;  // bytes of the last piece, consumed at the next call
  bool done_ = false;
  http::ChunkDecoder chunks_;
  std::string trailers_;
};

}  // namespace cachearr::net
