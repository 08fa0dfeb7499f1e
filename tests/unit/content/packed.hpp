// Bodies in codings, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <zlib.h>
#include <zstd.h>

#include "content/encoder.hpp"

namespace cachearr::content::test {

/// window_bits as zlib takes them: 15 zlib, 31 gzip, -15 bare.
inline std::string deflated(std::string_view text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
inline std::string gzipped(std::string_view text) { return deflated(text, 31); }
inline std::string brotlied(std::string_view text) { return encode(text, Coding::brotli).value_or(""); }
inline std::string zstded(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

struct Packing {
  const char* coding;
  std::string (*pack)(std::string_view);
};
inline const Packing kPackings[] = {
    {"gzip", gzipped},
    {"X-GZIP", gzipped},
    {"br", brotlied},
    {"zstd", zstded},
    {"deflate", [](std::string_view text) { return deflated(text, 15); }},
    {"deflate", [](std::string_view text) { return deflated(text, -15); }},
    {"gzip, br", [](std::string_view text) { return brotlied(gzipped(text)); }},
    {"deflate, gzip, zstd", [](std::string_view text) { return zstded(gzipped(deflated(text, 15))); }},
    {"identity", [](std::string_view text) { return std::string{text}; }},
};

}  // namespace cachearr::content::test
