#include "content/decoder.hpp"

#include <algorithm>
#include <array>
#include <brotli/decode.h>
#include <limits>
#include <utility>
#include <vector>
#include <zlib.h>
#include <zstd.h>

#include "base/text.hpp"
#include "content/coding.hpp"

namespace cachearr::content {

/// One coding. take() reads from `in` and appends at most `most` bytes to `out`.
class Decoder::Stage {
 public:
  virtual ~Stage() = default;
  Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  /// False: no such stream.
  virtual bool take(std::string_view& in, std::string& out, std::size_t most) = 0;
  /// The stream has come to its end.
  virtual bool ended() const = 0;
};

namespace {

constexpr std::size_t kMostCodings = 3;
constexpr std::size_t kBlock = 64 * 1024;
constexpr std::uint64_t kRatioFrom = 1 << 20;
constexpr int kGzipWindow = 15 + 16;  // zlib: 16 more means gzip's frame
constexpr int kZlibWindow = 15;
constexpr int kBareWindow = -15;
constexpr int kZstdWindow = 23;  // 8 MiB: what RFC 9659 lets a sender use

/// Makes space for up to `most` bytes behind `out`, lets `fill` write there and say how much it left free.
template <class Fill>
void append_block(std::string& out, std::size_t most, Fill fill) {
  const auto at = out.size();
  const auto space = std::min(most, kBlock);
  out.resize(at + space);
  out.resize(at + space - fill(out.data() + at, space));
}

class ZlibStage : public Decoder::Stage {
 public:
  explicit ZlibStage(bool gzip) : gzip_{gzip} {}
  ZlibStage(const ZlibStage&) = delete;
  ZlibStage& operator=(const ZlibStage&) = delete;
  ~ZlibStage() override {
    if (open_) inflateEnd(&stream_);
  }

  bool take(std::string_view& in, std::string& out, std::size_t most) override {
    if (in.empty() && !open_) return true;
    if (!open_ && !open(in)) return false;
    if (ended_ && !in.empty() && !begin_next_member(in)) return false;
    int code = Z_OK;
    append_block(out, most, [&](char* to, std::size_t space) {
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
      stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(in.size(), std::numeric_limits<uInt>::max()));
      const auto given = stream_.avail_in;
      stream_.next_out = reinterpret_cast<Bytef*>(to);
      stream_.avail_out = static_cast<uInt>(space);
      if (!ended_) code = inflate(&stream_, Z_NO_FLUSH);
      in.remove_prefix(given - stream_.avail_in);
      return static_cast<std::size_t>(stream_.avail_out);
    });
    ended_ = ended_ || code == Z_STREAM_END;
    return code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR;
  }
  bool ended() const override { return ended_; }

 private:
  /// "deflate" is zlib's frame (RFC 9110 8.4.1.2), but some send the bare stream. The first byte tells: a bare one with
  /// these bits would be a stored block with something in its padding.
  bool open(std::string_view in) {
    const bool framed = (static_cast<unsigned char>(in[0]) & 0x0F) == Z_DEFLATED;
    open_ = inflateInit2(&stream_, gzip_ ? kGzipWindow : framed ? kZlibWindow : kBareWindow) == Z_OK;
    return open_;
  }
  /// A gzip body may have several members, and zeros may fill the last block.
  bool begin_next_member(std::string_view& in) {
    if (!gzip_) return false;
    in.remove_prefix(std::min(in.find_first_not_of('\0'), in.size()));
    if (in.empty()) return true;
    ended_ = false;
    return inflateReset(&stream_) == Z_OK;
  }

  z_stream stream_{};
  const bool gzip_;
  bool open_ = false;
  bool ended_ = false;
};

class BrotliStage : public Decoder::Stage {
 public:
  bool take(std::string_view& in, std::string& out, std::size_t most) override {
    if (!state_ || (ended_ && !in.empty())) return false;
    auto result = BROTLI_DECODER_RESULT_SUCCESS;
    append_block(out, most, [&](char* to, std::size_t space) {
      auto left = in.size();
      const auto* from = reinterpret_cast<const std::uint8_t*>(in.data());
      auto* target = reinterpret_cast<std::uint8_t*>(to);
      if (!ended_) result = BrotliDecoderDecompressStream(state_.get(), &left, &from, &space, &target, nullptr);
      in.remove_prefix(in.size() - left);
      return space;
    });
    ended_ = result == BROTLI_DECODER_RESULT_SUCCESS;
    return result != BROTLI_DECODER_RESULT_ERROR;
  }
  bool ended() const override { return ended_; }

 private:
  std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state_{
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance};
  bool ended_ = false;
};

class ZstdStage : public Decoder::Stage {
 public:
  ZstdStage() {
    if (state_) ZSTD_DCtx_setParameter(state_.get(), ZSTD_d_windowLogMax, kZstdWindow);
  }
  bool take(std::string_view& in, std::string& out, std::size_t most) override {
    if (!state_) return false;
    std::size_t result = 0;
    append_block(out, most, [&](char* to, std::size_t space) {
      ZSTD_inBuffer from{in.data(), in.size(), 0};
      ZSTD_outBuffer target{to, space, 0};
      result = ZSTD_decompressStream(state_.get(), &target, &from);
      in.remove_prefix(from.pos);
      // Nothing more to read and to write between two frames leaves the last one ended.
      if (from.pos > 0 || target.pos > 0) ended_ = result == 0;
      return space - target.pos;
    });
    return ZSTD_isError(result) == 0;
  }
  bool ended() const override { return ended_; }

 private:
  std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> state_{ZSTD_createDCtx(), ZSTD_freeDCtx};
  bool ended_ = false;
};

std::unique_ptr<Decoder::Stage> stage_for(Coding coding) {
  switch (coding) {
    case Coding::gzip: return std::make_unique<ZlibStage>(true);
    case Coding::deflate: return std::make_unique<ZlibStage>(false);
    case Coding::brotli: return std::make_unique<BrotliStage>();
    case Coding::zstd: return std::make_unique<ZstdStage>();
    case Coding::identity:
    case Coding::unknown: break;
  }
  return nullptr;
}

}  // namespace

Decoder::Decoder(std::string_view content_encoding, DecodeBounds bounds) : bounds_{bounds} {
  std::vector<std::string_view> names;
  text::for_each_member(content_encoding, [&](std::string_view name) { names.push_back(name); });
  const auto coding = names.empty() ? Coding::identity : coding_of(names.back());
  if (names.size() > kMostCodings || coding == Coding::unknown) {
    state_ = DecodeState::unknown;
    return;
  }
  stage_ = stage_for(coding);
  if (names.size() < 2) return;
  const auto before = static_cast<std::size_t>(names.back().data() - content_encoding.data());
  next_ = std::make_unique<Decoder>(content_encoding.substr(0, before), bounds);
  if (next_->state_ == DecodeState::unknown) state_ = DecodeState::unknown;
}

Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

DecodeState Decoder::feed(std::string_view& piece, std::string& out, std::size_t step) {
  if (state_ == DecodeState::more || state_ == DecodeState::pending)
    state_ = next_ ? feed_chain(piece, out, step) : undo(piece, out, step);
  return state_;
}

DecodeState Decoder::feed_chain(std::string_view& piece, std::string& out, std::size_t step) {
  const auto start = out.size();
  while (out.size() - start < step) {
    // The next may still have something to give of what it took.
    if (taken_ == between_.size() && next_->state_ != DecodeState::pending) {
      between_.clear();
      taken_ = 0;
      const auto state = undo(piece, between_, kBlock);
      if (state != DecodeState::pending && (state != DecodeState::more || between_.empty())) return state;
    }
    auto rest = std::string_view{between_}.substr(taken_);
    const auto state = next_->feed(rest, out, step - (out.size() - start));
    taken_ = between_.size() - rest.size();
    if (state != DecodeState::more) return state;
  }
  return DecodeState::pending;
}

/// The one coding of this decoder.
DecodeState Decoder::undo(std::string_view& piece, std::string& out, std::size_t step) {
  for (std::size_t left = step; left > 0;) {
    const auto before = out.size();
    const auto size = piece.size();
    if (stage_) {
      if (!stage_->take(piece, out, left)) return DecodeState::broken;
    } else {
      out.append(piece.substr(0, left));
      piece.remove_prefix(std::min(left, size));
    }
    const auto made = out.size() - before;
    came_ += size - piece.size();
    made_ += made;
    if (made_ > bounds_.most || (stage_ && made_ > kRatioFrom && made_ / bounds_.ratio > came_))
      return DecodeState::too_large;
    if (piece.empty() && made < std::min(left, kBlock)) return DecodeState::more;
    if (made == 0 && piece.size() == size) return DecodeState::broken;
    left -= made;
  }
  return DecodeState::pending;
}

DecodeState Decoder::finish() const {
  if (state_ != DecodeState::more) return state_ == DecodeState::pending ? DecodeState::cut_off : state_;
  if (stage_ && !stage_->ended()) return DecodeState::cut_off;
  return next_ ? next_->finish() : DecodeState::whole;
}

std::string_view to_words(DecodeState state) noexcept {
  constexpr std::array<std::string_view, 7> kWords = {
      "more", "pending", "whole", "cut off", "broken", "larger than is reasonable", "in an unknown coding"};
  return kWords[static_cast<std::size_t>(state)];
}

std::optional<std::string> decode(std::string_view content_encoding, std::string_view body, DecodeBounds bounds) {
  Decoder decoder{content_encoding, bounds};
  std::string out;
  while (decoder.feed(body, out) == DecodeState::pending) {}
  if (decoder.finish() != DecodeState::whole) return std::nullopt;
  return out;
}

}  // namespace cachearr::content
