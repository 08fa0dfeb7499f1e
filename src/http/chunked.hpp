// Chunked transfer coding, strictly (RFC 9112 7.1): only CRLF ends a line, sizes do not overflow, extensions
// and trailers are bounded. Pure: bytes in, pieces of body and trailer section out, the same for every packetisation.
#pragma once

#include <cstdint>
#include <string_view>

namespace cachearr::http {

class ChunkDecoder {
 public:
  struct Step {
    enum class Kind : std::uint8_t { need_more, data, done, error } kind;
    std::size_t consumed = 0;  // bytes of the input used up by this step (data included)
    std::string_view data;     // with Kind::data: a view into the input
    std::string_view trailer;  // with need_more and done: what of the trailer section this step took, a view as well
  };
  /// Takes bytes from the front of `input`; call again with the rest until need_more, done or error.
  Step next(std::string_view input) noexcept;
  const char* problem() const noexcept { return problem_; }  // with Kind::error

  /// Limits: one chunk-size line (extensions included), all extension bytes of a message, the trailer section.
  static constexpr std::size_t kMaxLine = 4096;
  static constexpr std::size_t kMaxExtensions = 16 * 1024;
  static constexpr std::size_t kMaxTrailers = 16 * 1024;

 private:
  enum class State : std::uint8_t { size, extension, size_lf, data, data_cr, data_lf, trailer, done };
  enum class TrailerAt : std::uint8_t { start, name, value, line_lf, last_lf };
  Step fail(const char* what) noexcept;
  const char* take(char c) noexcept;
  const char* take_size(char c) noexcept;
  const char* take_extension(char c) noexcept;
  const char* take_size_end(char c) noexcept;
  const char* take_trailer(char c) noexcept;

  State state_ = State::size;
  TrailerAt trailer_at_ = TrailerAt::start;
  bool has_digits_ = false;
  bool in_extension_ = false;  // behind the first ';' of this line
  bool quoted_ = false;        // inside a quoted extension value
  bool escaped_ = false;       // behind a backslash there
  std::uint64_t left_ = 0;     // of the chunk
  std::uint32_t line_ = 0;
  std::uint32_t extensions_ = 0;
  std::uint32_t trailers_ = 0;
  const char* problem_ = nullptr;
};

}  // namespace cachearr::http
