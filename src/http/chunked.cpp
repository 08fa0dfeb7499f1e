#include "http/chunked.hpp"

#include <algorithm>

#include "http/token.hpp"

namespace cachearr::http {

namespace {

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

/// HTAB, SP, VCHAR and obs-text.
bool is_text(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7F);
}

}  // namespace

ChunkDecoder::Step ChunkDecoder::fail(const char* what) noexcept {
  problem_ = what;
  return {Step::Kind::error, 0, {}, {}};
}

ChunkDecoder::Step ChunkDecoder::next(std::string_view input) noexcept {
  if (problem_ != nullptr) return fail(problem_);
  std::size_t at = 0;
  std::size_t trailer = 0;  // bytes of it: the last ones of what was taken
  while (state_ != State::done && at < input.size()) {
    if (state_ == State::data) {
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - at));
      left_ -= length;
      if (left_ == 0) state_ = State::data_cr;
      return {Step::Kind::data, at + length, input.substr(at, length), {}};
    }
    if (state_ == State::trailer) ++trailer;
    if (const char* const what = take(input[at])) return fail(what);
    ++at;
  }
  return {
      state_ == State::done ? Step::Kind::done : Step::Kind::need_more, at, {}, input.substr(at - trailer, trailer)};
}

/// One byte of framing; says what is wrong with it, or nullptr.
const char* ChunkDecoder::take(char c) noexcept {
  switch (state_) {
    case State::size: return take_size(c);
    case State::extension: return take_extension(c);
    case State::size_lf: return take_size_end(c);
    case State::data_cr: state_ = State::data_lf; return c == '\r' ? nullptr : "chunk data is longer than its size";
    case State::data_lf: state_ = State::size; return c == '\n' ? nullptr : "CR without LF behind chunk data";
    case State::trailer: return take_trailer(c);
    case State::data:
    case State::done: break;
  }
  return nullptr;
}

const char* ChunkDecoder::take_size(char c) noexcept {
  if (++line_ > kMaxLine) return "chunk-size line too long";
  if (const int value = hex_value(c); value >= 0) {
    // Leading zeros are no overflow, only what would leave the range of a signed 64-bit number.
    if (left_ >> 59U != 0) return "chunk size too large";
    left_ = left_ * 16 + static_cast<unsigned>(value);
    has_digits_ = true;
    return nullptr;
  }
  if (!has_digits_) return "chunk size without digits";
  if (c == '\r') {
    state_ = State::size_lf;
    return nullptr;
  }
  if (c != ';' && !is_space(c)) return "invalid byte in chunk size";
  state_ = State::extension;
  in_extension_ = c == ';';
  ++extensions_;
  return nullptr;
}

const char* ChunkDecoder::take_extension(char c) noexcept {
  if (++line_ > kMaxLine) return "chunk-size line too long";
  if (++extensions_ > kMaxExtensions) return "too many chunk extensions";
  if (in_extension_ && !quoted_ && c == '\r') {
    state_ = State::size_lf;
    return nullptr;
  }
  // White space may stand between the size and ';' but not between the size and the line's end (RFC 9112 7.1.1).
  if (!in_extension_ && c != ';' && !is_space(c)) return "white space behind chunk size";
  if (!is_text(c)) return "invalid byte in chunk extension";
  in_extension_ = in_extension_ || c == ';';
  if (c == '"' && !escaped_) quoted_ = !quoted_;
  escaped_ = quoted_ && !escaped_ && c == '\\';
  return nullptr;
}

const char* ChunkDecoder::take_size_end(char c) noexcept {
  if (c != '\n') return "CR without LF behind chunk size";
  state_ = left_ == 0 ? State::trailer : State::data;
  line_ = 0;
  has_digits_ = false;
  trailer_at_ = TrailerAt::start;
  return nullptr;
}

const char* ChunkDecoder::take_trailer(char c) noexcept {
  if (++trailers_ > kMaxTrailers) return "trailer section too large";
  switch (trailer_at_) {
    case TrailerAt::start:
      if (c == '\r') {
        trailer_at_ = TrailerAt::last_lf;
        return nullptr;
      }
      trailer_at_ = TrailerAt::name;
      return is_token_character(c) ? nullptr : "invalid trailer field name";
    case TrailerAt::name:
      if (c == ':') {
        trailer_at_ = TrailerAt::value;
        return nullptr;
      }
      return is_token_character(c) ? nullptr : "invalid trailer field name";
    case TrailerAt::value:
      if (c == '\r') {
        trailer_at_ = TrailerAt::line_lf;
        return nullptr;
      }
      return is_text(c) ? nullptr : "invalid byte in trailer field";
    case TrailerAt::line_lf:
      trailer_at_ = TrailerAt::start;
      return c == '\n' ? nullptr : "CR without LF in trailer section";
    case TrailerAt::last_lf:
      if (c != '\n') return "CR without LF behind trailer section";
      state_ = State::done;
      return nullptr;
  }
  return nullptr;
}

}  // namespace cachearr::http
