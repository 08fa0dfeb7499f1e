#include "content/magic.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace cachearr::content {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kCutOff = "an image that is cut off";
constexpr std::size_t kMaxBencodeDepth = 100;
constexpr std::size_t kTrailer = 16;

bool has_at(std::string_view bytes, std::size_t at, std::string_view wanted) noexcept {
  return bytes.size() >= at + wanted.size() && bytes.substr(at, wanted.size()) == wanted;
}

std::uint64_t little_endian_32(std::string_view bytes, std::size_t at) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

/// The mark that ends such an image stands among its last bytes; some have padding or another picture behind it.
bool ends_with_mark(std::string_view bytes, std::string_view mark, std::size_t among) noexcept {
  return bytes.substr(bytes.size() - std::min(among, bytes.size())).rfind(mark) != std::string_view::npos;
}

/// RIFF tells its size without the first eight bytes.
bool whole_webp(std::string_view bytes) noexcept { return bytes.size() >= little_endian_32(bytes, 4) + 8; }

/// Formats without an end of their own are taken as they are.
bool known_without_end(std::string_view bytes) noexcept {
  const bool brand =
      has_at(bytes, 4, "ftyp") && (has_at(bytes, 8, "avif") || has_at(bytes, 8, "avis") || has_at(bytes, 8, "heic") ||
                                   has_at(bytes, 8, "heix") || has_at(bytes, 8, "mif1") || has_at(bytes, 8, "msf1"));
  if (brand) return true;
  constexpr std::array<std::string_view, 7> kStarts = {
      "\0\0\1\0"sv, "BM"sv, "II*\0"sv, "MM\0*"sv, "\xFF\x0A"sv, "\0\0\0\x0CJXL "sv, "\0\0\0\x0CjP  "sv};
  return std::any_of(kStarts.begin(), kStarts.end(), [&](auto start) { return bytes.starts_with(start); });
}

/// Walks through bencoded values. Each step takes one token.
class Bencode {
 public:
  explicit Bencode(std::string_view bytes) : rest_{bytes} {}
  /// One whole dictionary, and nothing behind it but blanks.
  bool is_dictionary() noexcept {
    if (!rest_.starts_with('d')) return false;
    do {
      if (!step()) return false;
    } while (depth_ > 0);
    return rest_.find_first_not_of(" \r\n") == std::string_view::npos;
  }

 private:
  bool step() noexcept {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    if (c >= '0' && c <= '9') return string();
    if (c == 'i') return integer();
    if (c == 'd' || c == 'l') {
      ++depth_;
    } else if (c == 'e') {
      --depth_;
    } else {
      return false;
    }
    rest_.remove_prefix(1);
    return depth_ <= kMaxBencodeDepth;
  }
  bool integer() noexcept {
    const auto end = rest_.substr(0, 24).find('e');
    if (end == std::string_view::npos || end < 2) return false;
    rest_.remove_prefix(end + 1);
    return true;
  }
  bool string() noexcept {
    std::size_t size = 0;
    std::size_t at = 0;
    for (; at < rest_.size() && at < 12 && rest_[at] >= '0' && rest_[at] <= '9'; ++at)
      size = size * 10 + static_cast<std::size_t>(rest_[at] - '0');
    if (at >= rest_.size() || rest_[at] != ':' || rest_.size() - at - 1 < size) return false;
    rest_.remove_prefix(at + 1 + size);
    return true;
  }

  std::string_view rest_;
  std::size_t depth_ = 0;
};

}  // namespace

std::string_view wrong_image(std::string_view bytes) noexcept {
  if (bytes.starts_with("\xFF\xD8\xFF"sv))
    return ends_with_mark(bytes, "\xFF\xD9"sv, bytes.size() / 2) ? std::string_view{} : kCutOff;
  if (bytes.starts_with("\x89PNG\r\n\x1A\n"sv))
    return ends_with_mark(bytes, "IEND"sv, bytes.size()) ? std::string_view{} : kCutOff;
  if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv))
    return ends_with_mark(bytes, ";"sv, kTrailer) ? std::string_view{} : kCutOff;
  if (bytes.starts_with("RIFF"sv) && has_at(bytes, 8, "WEBP")) return whole_webp(bytes) ? std::string_view{} : kCutOff;
  return known_without_end(bytes) ? std::string_view{} : "no image where an image is due";
}

std::string_view wrong_torrent(std::string_view bytes) noexcept {
  if (!bytes.starts_with('d')) return "no torrent where a torrent is due";
  if (!Bencode{bytes}.is_dictionary()) return "a torrent that is broken or cut off";
  return bytes.find("4:info") == std::string_view::npos ? "a torrent without an info" : std::string_view{};
}

}  // namespace cachearr::content
