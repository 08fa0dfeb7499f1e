// A connection as bytes: plain or TLS, to a client or to an origin. One virtual call hides the templates behind it.
//
// A stream belongs to one worker and is touched only on its thread. At most one read and one write may be under way.
// A deadline that runs out cancels what is under way with IoError::timed_out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <sys/uio.h>

#include "net/deadlines.hpp"
#include "net/task.hpp"

namespace cachearr::net {

/// How an operation failed, and the errno that it came with. Errors of one kind are equal.
class IoError {
 public:
  enum class Kind : std::uint8_t { none, closed, reset, timed_out, cancelled, tls, other };
  static const IoError none, closed, reset, timed_out, cancelled, tls, other;

  constexpr IoError() noexcept = default;
  constexpr explicit IoError(Kind kind, int cause = 0) noexcept
      : kind_{kind}, cause_{static_cast<std::int16_t>(cause)} {}
  constexpr Kind kind() const noexcept { return kind_; }
  /// 0: none was told.
  constexpr int cause() const noexcept { return cause_; }
  friend constexpr bool operator==(IoError a, IoError b) noexcept { return a.kind_ == b.kind_; }

 private:
  Kind kind_ = Kind::none;
  std::int16_t cause_ = 0;
};
inline constexpr IoError IoError::none{Kind::none}, IoError::closed{Kind::closed}, IoError::reset{Kind::reset},
    IoError::timed_out{Kind::timed_out}, IoError::cancelled{Kind::cancelled}, IoError::tls{Kind::tls},
    IoError::other{Kind::other};
/// What the system says where there is an errno ("Network is unreachable"), else the kind: "timed out".
std::string_view name_of(IoError error) noexcept;

struct IoResult {
  std::size_t bytes = 0;
  IoError error;
};

/// Bytes to send; the same layout as iovec.
using Slice = iovec;
inline Slice slice(std::string_view text) noexcept { return {const_cast<char*>(text.data()), text.size()}; }

class Stream : public Deadline {
 public:
  using Deadline::Deadline;

  /// At least one byte, or an error (`closed`: the peer ended its side properly).
  virtual Task<IoResult> read_some(std::span<char> into) = 0;
  /// As much as can be sent without waiting; 0 with IoError::none means: nothing now.
  virtual IoResult try_write(std::span<const Slice> slices) noexcept = 0;
  /// Waits until try_write may get further.
  virtual Task<IoError> wait_writable() = 0;
  /// Ends our side; the peer may still send.
  virtual void shutdown_write() noexcept = 0;
  /// Ends both sides at once; operations under way fail with `cancelled`.
  virtual void close() noexcept = 0;
  /// True where the peer has closed or sent bytes nobody asked for: an idle connection that must not be used again.
  virtual bool is_stale() noexcept = 0;
  virtual bool is_open() const noexcept = 0;
  virtual int native_handle() noexcept = 0;
  virtual bool is_secure() const noexcept { return false; }
};

/// Sends everything, waiting as often as it takes. `slices` is used up.
Task<IoError> write_all(Stream& stream, std::span<Slice> slices);
Task<IoError> write_all(Stream& stream, std::string_view text);
/// From now on close() resets the connection: the peer learns that what it got is not all.
void reset_on_close(Stream& stream) noexcept;
/// True where the peer has sent bytes that wait to be read from its socket.
bool has_unread(Stream& stream) noexcept;
/// Drops the first `bytes` bytes of `slices`; returns what is left.
std::span<Slice> drop_front(std::span<Slice> slices, std::size_t bytes) noexcept;

}  // namespace cachearr::net
