// Content codings undone step by step, within bounds (RFC 9110 8.4). A decoder has one owner; no global state.
//
// One step makes a bounded number of bytes, so that whoever decodes on a loop that serves others can let them go in
// between. A body that grows beyond reason, in size or in proportion to what came, ends there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cachearr::content {

struct DecodeBounds {
  std::uint64_t most = std::uint64_t{32} << 20;  // more than any answer that is looked into
  std::uint64_t ratio = 256;                     // times what came, once a MiB was made; text is packed 3 to 30 times
};

/// What a step of a decoder may make where it runs between the requests of others: less than a millisecond.
inline constexpr std::size_t kDecodeStep = 256 * 1024;

enum class DecodeState : std::uint8_t {
  more,       // everything fed was taken: feed the next piece, or finish()
  pending,    // the step is used up: call again with what is left of the piece
  whole,      // all there
  cut_off,    // the stream did not come to its end
  broken,     // not such a stream, or something behind its end
  too_large,  // beyond the bounds
  unknown     // a coding that is not known, or more than three
};

std::string_view to_words(DecodeState state) noexcept;

class Decoder {
 public:
  /// `content_encoding`: gzip, x-gzip, deflate, br, zstd, identity or up to three of them in the order in which they
  /// were applied; empty: identity.
  explicit Decoder(std::string_view content_encoding, DecodeBounds bounds = {});
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// Appends to `out` what `piece` decodes to, `step` bytes at most; takes from `piece` what it has read.
  DecodeState feed(std::string_view& piece, std::string& out, std::size_t step = kDecodeStep);
  /// All was fed and taken. whole, or what is wrong.
  DecodeState finish() const;

  class Stage;

 private:
  DecodeState feed_chain(std::string_view& piece, std::string& out, std::size_t step);
  DecodeState undo(std::string_view& piece, std::string& out, std::size_t step);

  std::unique_ptr<Stage> stage_;   // the coding that was applied last; null: identity
  std::unique_ptr<Decoder> next_;  // those that were applied before it; null: none
  std::string between_;            // made by the stage, on its way to the next
  std::size_t taken_ = 0;          // of `between_`
  DecodeBounds bounds_;
  std::uint64_t came_ = 0;
  std::uint64_t made_ = 0;
  DecodeState state_ = DecodeState::more;
};

/// A body at once, for what is small or runs where nobody waits. None: it is not whole.
std::optional<std::string> decode(std::string_view content_encoding, std::string_view body, DecodeBounds bounds = {});

}  // namespace cachearr::content
