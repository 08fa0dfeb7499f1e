#include "content/encoder.hpp"

#include <brotli/encode.h>
#include <cstdint>
#include <zlib.h>
#include <zstd.h>

namespace cachearr::content {
namespace {

constexpr int kZstdLevel = 3;
constexpr int kGzipLevel = 5;
constexpr int kBrotliLevel = 4;
constexpr int kGzipFrame = 15 + 16;  // zlib: 16 more means gzip's frame

std::optional<std::string> gzip(std::string_view body) {
  z_stream stream{};
  if (deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipFrame, 8, Z_DEFAULT_STRATEGY) != Z_OK) return std::nullopt;
  std::string packed(deflateBound(&stream, body.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int code = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return std::nullopt;
  return packed;
}

std::optional<std::string> brotli(std::string_view body) {
  std::size_t size = BrotliEncoderMaxCompressedSize(body.size());
  std::string packed(size, '\0');
  const bool done = BrotliEncoderCompress(kBrotliLevel, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, body.size(),
                                          reinterpret_cast<const std::uint8_t*>(body.data()), &size,
                                          reinterpret_cast<std::uint8_t*>(packed.data())) == BROTLI_TRUE;
  if (!done) return std::nullopt;
  packed.resize(size);
  return packed;
}

}  // namespace

std::optional<std::string> encode(std::string_view body, Coding coding) {
  return coding == Coding::brotli ? brotli(body) : gzip(body);
}

std::string zstd_encode(std::string_view body) {
  std::string frame(ZSTD_compressBound(body.size()), '\0');
  const auto size = ZSTD_compress(frame.data(), frame.size(), body.data(), body.size(), kZstdLevel);
  if (ZSTD_isError(size) != 0 || size > body.size() - body.size() / 8) return {};
  frame.resize(size);
  return frame;
}

bool zstd_decode_into(std::string_view frame, std::string& plain) {
  return ZSTD_decompress(plain.data(), plain.size(), frame.data(), frame.size()) == plain.size();
}

}  // namespace cachearr::content
