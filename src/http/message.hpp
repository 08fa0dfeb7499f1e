// Heads of requests and responses. Views: the bytes belong to whoever read them, or to an Owned copy.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "http/fields.hpp"

namespace cachearr::http {

/// Methods this program treats in a way of their own; names are case-sensitive (RFC 9110 9.1).
enum class Method : std::uint8_t { other, get, head, post, put, delete_, options, trace, connect, patch };

Method method_of(std::string_view text) noexcept;
/// RFC 9110 9.2.1 and 9.2.2. An unknown method is neither.
bool is_safe(Method method) noexcept;
bool is_idempotent(Method method) noexcept;

struct RequestHead {
  Method method = Method::other;
  std::string_view method_text;
  std::string_view target;  // as sent
  int minor_version = 1;    // HTTP/1.x
  FieldList fields;
};

struct ResponseHead {
  int status = 0;
  std::string_view reason;
  int minor_version = 1;
  FieldList fields;
};

/// A head together with the bytes it looks into, for what must outlive the input buffer. A copy of what owns its bytes
/// owns bytes of its own; a copy of what does not looks where the original looks.
template <class Head>
class Owned {
 public:
  Owned() = default;
  /// Copies `bytes`, into which every view of `head` must point.
  Owned(const Head& head, std::string_view bytes);
  Owned(const Owned& other);
  Owned& operator=(const Owned& other);
  Owned(Owned&& other) noexcept = default;
  Owned& operator=(Owned&& other) noexcept = default;
  ~Owned() = default;
  /// Copies `bytes`, into which every view of `head` must point, in place; what `head` has allocated stays.
  void own(std::string_view bytes);
  /// Gives the copy up; `head` must be written anew before it is read.
  void release() noexcept { bytes_.reset(), size_ = 0; }
  Head head;
  std::string_view bytes() const noexcept { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

/// Parses a response head that this program serialised itself: a stored one (status line and field lines,
/// each ended by CRLF; the store keeps it without the closing empty line).
/// Returns false where the bytes are not such a head.
bool parse_stored_head(std::string_view bytes, ResponseHead& into);

}  // namespace cachearr::http
