#include "net/stream.hpp"

#include <cstring>
#include <sys/socket.h>

namespace cachearr::net {

std::string_view name_of(IoError error) noexcept {
  const char* const told = error.cause() == 0 ? nullptr : ::strerrordesc_np(error.cause());
  if (told != nullptr) return told;
  switch (error.kind()) {
    case IoError::Kind::none: return "none";
    case IoError::Kind::closed: return "closed";
    case IoError::Kind::reset: return "reset";
    case IoError::Kind::timed_out: return "timed out";
    case IoError::Kind::cancelled: return "cancelled";
    case IoError::Kind::tls: return "TLS failure";
    case IoError::Kind::other: break;
  }
  return "unknown I/O error";
}

std::span<Slice> drop_front(std::span<Slice> slices, std::size_t bytes) noexcept {
  std::size_t first = 0;
  while (first < slices.size() && bytes >= slices[first].iov_len) bytes -= slices[first++].iov_len;
  slices = slices.subspan(first);
  if (!slices.empty() && bytes > 0) {
    slices[0].iov_base = static_cast<char*>(slices[0].iov_base) + bytes;
    slices[0].iov_len -= bytes;
  }
  return slices;
}

void reset_on_close(Stream& stream) noexcept {
  const struct ::linger at_once { 1, 0 };
  ::setsockopt(stream.native_handle(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

bool has_unread(Stream& stream) noexcept {
  char byte = 0;
  return ::recv(stream.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

Task<IoError> write_all(Stream& stream, std::span<Slice> slices) {
  slices = drop_front(slices, 0);
  while (!slices.empty()) {
    const auto sent = stream.try_write(slices);
    if (sent.error != IoError::none) co_return sent.error;
    slices = drop_front(slices, sent.bytes);
    if (slices.empty()) break;
    if (sent.bytes > 0) continue;
    const auto ready = co_await stream.wait_writable();
    if (ready != IoError::none) co_return ready;
  }
  co_return IoError::none;
}

Task<IoError> write_all(Stream& stream, std::string_view text) {
  Slice one = slice(text);
  const std::span<Slice> all(&one, 1);
  co_return co_await write_all(stream, all);
}

}  // namespace cachearr::net
