#include "fetch/upload.hpp"

#include <array>
#include <cstdio>

namespace cachearr::fetch {

namespace {

net::Task<net::IoError> send_piece(net::Stream& to, std::string_view data, bool chunked) {
  if (!chunked) {
    co_return co_await net::write_all(to, data);
  }
  std::array<char, 24> size{};
  const auto digits = std::snprintf(size.data(), size.size(), "%zx\r\n", data.size());
  std::array<net::Slice, 3> slices{net::slice({size.data(), static_cast<std::size_t>(digits)}), net::slice(data),
                                   net::slice("\r\n")};
  const std::span<net::Slice> all{slices};
  co_return co_await net::write_all(to, all);
}

}  // namespace

net::Task<> run_upload(std::shared_ptr<Upload> upload, origin::ConnectionPtr to, Duration idle) {
  using Kind = net::BodyReader::Piece::Kind;
  upload->started = true;
  for (;;) {
    const auto piece = co_await upload->reader.next(idle);
    if (piece.kind == Kind::data) {
      const auto sent = co_await send_piece(*to->stream, piece.data, upload->chunked);
      if (sent == net::IoError::none) continue;
      break;  // the origin took no more: its answer tells why
    }
    if (piece.kind == Kind::end) {
      const auto sent = upload->chunked ? co_await net::write_all(*to->stream, "0\r\n\r\n") : net::IoError::none;
      upload->finished = sent == net::IoError::none;
      break;
    }
    upload->client_failed = true;
    upload->problem = piece.problem;
    to->stream->close();
    break;
  }
  upload->ended = true;
  upload->done.set();
}

}  // namespace cachearr::fetch
