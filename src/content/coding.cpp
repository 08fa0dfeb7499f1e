#include "content/coding.hpp"

#include <algorithm>
#include <array>
#include <brotli/decode.h>
#include <brotli/encode.h>
#include <cstdlib>
#include <zlib.h>
#include <zstd.h>

#include "base/text.hpp"

namespace cachearr::content {
namespace {

constexpr int kZstdLevel = 3;
constexpr int kGzipLevel = 5;
constexpr int kBrotliLevel = 4;
constexpr int kGzipWindow = 15 + 16;  // zlib: 16 more means gzip's frame
constexpr std::size_t kStep = 64 * 1024;

/// The weight in thousandths; none where the coding is not named.
std::optional<int> weight_of(std::string_view accept_encoding, std::string_view coding) noexcept {
  std::optional<int> weight;
  text::for_each_member(accept_encoding, [&](std::string_view member) {
    const auto semicolon = member.find(';');
    auto name = text::trim(member.substr(0, semicolon));
    if (text::iequals(name, "x-gzip")) name = "gzip";
    if (!text::iequals(name, coding)) return;
    weight = 1000;
    if (semicolon == std::string_view::npos) return;
    const auto parameter = text::trim(member.substr(semicolon + 1));
    if (parameter.size() < 3 || text::lower(parameter[0]) != 'q' || parameter[1] != '=') return;
    int value = 0;
    int place = 1000;
    for (const char c : parameter.substr(2)) {
      if (c == '.') continue;
      if (c < '0' || c > '9' || place == 0) break;
      value += (c - '0') * place;
      place /= 10;
    }
    weight = std::min(value, 1000);
  });
  return weight;
}

int weight_of(std::string_view accept_encoding, Coding coding) noexcept {
  if (const auto named = weight_of(accept_encoding, name_of(coding))) return *named;
  if (const auto any = weight_of(accept_encoding, "*")) return *any;
  return coding == Coding::identity ? 1 : 0;  // acceptable unless forbidden, but whatever is named goes first
}

std::optional<std::string> gunzip(std::string_view body, std::uint64_t max_size) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return std::nullopt;
  std::string plain;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  int code = Z_OK;
  while (code == Z_OK && plain.size() <= max_size) {
    const auto at = plain.size();
    plain.resize(at + kStep);
    stream.next_out = reinterpret_cast<Bytef*>(plain.data() + at);
    stream.avail_out = static_cast<uInt>(kStep);
    code = inflate(&stream, Z_NO_FLUSH);
    plain.resize(at + kStep - stream.avail_out);
    // A gzip file may have several members.
    if (code == Z_STREAM_END && stream.avail_in > 0) code = inflateReset(&stream);
  }
  inflateEnd(&stream);
  if (code != Z_STREAM_END || plain.size() > max_size) return std::nullopt;
  return plain;
}

std::optional<std::string> unbrotli(std::string_view body, std::uint64_t max_size) {
  BrotliDecoderState* state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
  if (state == nullptr) return std::nullopt;
  std::string plain;
  std::size_t in_size = body.size();
  const auto* in = reinterpret_cast<const std::uint8_t*>(body.data());
  auto result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT && plain.size() <= max_size) {
    const auto at = plain.size();
    plain.resize(at + kStep);
    std::size_t left = kStep;
    auto* out = reinterpret_cast<std::uint8_t*>(plain.data() + at);
    result = BrotliDecoderDecompressStream(state, &in_size, &in, &left, &out, nullptr);
    plain.resize(at + kStep - left);
  }
  BrotliDecoderDestroyInstance(state);
  if (result != BROTLI_DECODER_RESULT_SUCCESS || in_size != 0 || plain.size() > max_size) return std::nullopt;
  return plain;
}

std::optional<std::string> gzip(std::string_view body) {
  z_stream stream{};
  if (deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return std::nullopt;
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

Coding coding_of(std::string_view content_encoding) noexcept {
  const auto name = text::trim(content_encoding);
  if (name.empty() || text::iequals(name, "identity")) return Coding::identity;
  if (text::iequals(name, "gzip") || text::iequals(name, "x-gzip")) return Coding::gzip;
  if (text::iequals(name, "br")) return Coding::brotli;
  return Coding::unknown;
}

std::string_view name_of(Coding coding) noexcept {
  switch (coding) {
    case Coding::identity: return "identity";
    case Coding::gzip: return "gzip";
    case Coding::brotli: return "br";
    case Coding::unknown: break;
  }
  return {};
}

Coding choose_coding(std::string_view accept_encoding, Coding stored) noexcept {
  if (stored == Coding::unknown) return stored;
  if (stored != Coding::identity && weight_of(accept_encoding, stored) > 0) return stored;
  auto best = Coding::identity;
  int weight = weight_of(accept_encoding, Coding::identity);
  for (const auto coding : {Coding::gzip, Coding::brotli}) {
    const int other = weight_of(accept_encoding, coding);
    if (other > 0 && other >= weight) best = coding, weight = other;
  }
  return best;
}

std::optional<std::string> decode_body(std::string_view body, Coding coding, std::uint64_t max_size) {
  if (coding == Coding::gzip) return gunzip(body, max_size);
  if (coding == Coding::brotli) return unbrotli(body, max_size);
  if (coding == Coding::identity && body.size() <= max_size) return std::string{body};
  return std::nullopt;
}

std::optional<std::string> encode_body(std::string_view body, Coding coding) {
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
