#include "content/decode.hpp"

#include <algorithm>
#include <array>
#include <brotli/decode.h>
#include <memory>
#include <vector>
#include <zlib.h>

#include "base/text.hpp"

namespace cachearr::content {

namespace {

constexpr std::size_t kStep = 64 * 1024;
using Buffer = std::array<char, kStep>;

/// zlib's window bits: 15 for a zlib frame, + 32 to take gzip as well, negative for bare deflate.
std::optional<std::string> inflate_all(std::string_view body, int window_bits, std::size_t most) {
  z_stream stream{};
  if (inflateInit2(&stream, window_bits) != Z_OK) return std::nullopt;
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end{&stream, inflateEnd};
  const auto buffer = std::make_unique<Buffer>();
  std::string out;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(body.size(), 1U << 30));
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer->data());
    stream.avail_out = static_cast<uInt>(kStep);
    const int status = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer->data(), kStep - stream.avail_out);
    if (out.size() > most) return std::nullopt;
    if (status == Z_STREAM_END) {
      // A gzip body may have several members.
      if (window_bits < 32 || stream.avail_in == 0) return out;
      if (inflateReset(&stream) != Z_OK) return std::nullopt;
    } else if (status != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0)) {
      return std::nullopt;
    }
  }
}

std::optional<std::string> unbrotli(std::string_view body, std::size_t most) {
  const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state{
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance};
  if (!state) return std::nullopt;
  const auto buffer = std::make_unique<Buffer>();
  std::string out;
  std::size_t left = body.size();
  const auto* next = reinterpret_cast<const std::uint8_t*>(body.data());
  for (;;) {
    std::size_t room = kStep;
    auto* to = reinterpret_cast<std::uint8_t*>(buffer->data());
    const auto status = BrotliDecoderDecompressStream(state.get(), &left, &next, &room, &to, nullptr);
    out.append(buffer->data(), kStep - room);
    if (out.size() > most) return std::nullopt;
    if (status == BROTLI_DECODER_RESULT_SUCCESS) return out;
    if (status != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) return std::nullopt;
  }
}

std::optional<std::string> decode_one(std::string_view coding, std::string_view body, std::size_t most) {
  if (text::iequals(coding, "gzip") || text::iequals(coding, "x-gzip")) return inflate_all(body, 15 + 32, most);
  if (text::iequals(coding, "br")) return unbrotli(body, most);
  if (text::iequals(coding, "identity")) return std::string{body};
  if (!text::iequals(coding, "deflate")) return std::nullopt;
  // "deflate" means zlib's frame, but some servers send the bare stream.
  auto out = inflate_all(body, 15, most);
  return out ? out : inflate_all(body, -15, most);
}

}  // namespace

std::optional<std::string> decode_content(std::string_view codings, std::string_view body, std::size_t most) {
  constexpr std::size_t most_codings = 3;
  std::vector<std::string_view> list;
  text::for_each_member(codings, [&list](std::string_view coding) { list.push_back(coding); });
  if (list.size() > most_codings) return std::nullopt;
  std::string text{body};
  // They were applied in the order in which they are listed.
  for (auto coding = list.rbegin(); coding != list.rend(); ++coding) {
    auto decoded = decode_one(*coding, text, most);
    if (!decoded) return std::nullopt;
    text = std::move(*decoded);
  }
  return text;
}

}  // namespace cachearr::content
