#include "fetch/upload.hpp"

#include <array>
#include <cstdio>
#include <utility>

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

std::string Upload::failure() const {
  return problem_.empty() ? "the request's body broke off" : "the request's body is malformed: " + problem_;
}

std::optional<std::string_view> Upload::sent_body() const noexcept {
  if (state_ != State::sent || !copied_) return std::nullopt;
  return *copied_;
}

void Upload::note(std::string_view data) {
  constexpr std::size_t most = 4096;
  if (!copied_) return;
  if (copied_->size() + data.size() > most) return copied_.reset();
  copied_->append(data);
}

bool Upload::discard_buffered() {
  using Kind = net::BodyReader::Piece::Kind;
  if (state_ != State::waiting) return false;
  net::BodyReader::Piece piece;
  do {
    if (!reader_.buffered(piece)) return false;
  } while (piece.kind == Kind::data);
  if (piece.kind == Kind::end) state_ = State::discarded;
  return state_ == State::discarded;
}

net::Task<> Upload::end() {
  if (state_ == State::waiting) state_ = State::cancelled;
  if (state_ != State::running) co_return;
  client_.shutdown_write();
  client_.close();
  to_->stream->close();  // it may be what the upload waits for
  co_await over_.wait();
}

net::Task<Upload::State> Upload::copy(net::Stream& to, Duration idle) {
  using Kind = net::BodyReader::Piece::Kind;
  for (;;) {
    const auto piece = co_await reader_.next(idle);
    if (piece.kind == Kind::data) {
      note(piece.data);
      const auto sent = co_await send_piece(to, piece.data, chunked_);
      if (sent == net::IoError::none) continue;
      co_return State::stopped;  // its response tells why
    }
    if (piece.kind == Kind::end) {
      const auto sent = chunked_ ? co_await net::write_all(to, "0\r\n\r\n") : net::IoError::none;
      co_return sent == net::IoError::none ? State::sent : State::stopped;
    }
    problem_ = piece.problem;
    to.close();
    co_return State::client_failed;
  }
}

net::Task<> run_upload(std::shared_ptr<Upload> upload, origin::ConnectionPtr to, Duration idle) {
  if (upload->state_ != Upload::State::waiting) {
    to->stream->close();
    co_return;
  }
  upload->state_ = Upload::State::running;
  upload->to_ = std::move(to);
  const auto state = co_await upload->copy(*upload->to_->stream, idle);
  upload->state_ = state;
  upload->to_.reset();
  upload->over_.set();
}

}  // namespace cachearr::fetch
