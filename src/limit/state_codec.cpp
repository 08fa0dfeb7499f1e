#include "limit/state_codec.hpp"

namespace cachearr::limit {
namespace {

// Times further than this from the epoch are nonsense and would overflow sums: about the year 33,000.
constexpr std::int64_t kFarthest = 1'000'000'000'000'000;

}  // namespace

void StateWriter::number(std::uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<char>(static_cast<unsigned char>(value | 0x80)));
    value >>= 7;
  }
  out_.push_back(static_cast<char>(value));
}

void StateWriter::signed_number(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  number((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

void StateWriter::text(std::string_view bytes) {
  number(bytes.size());
  out_.append(bytes);
}

std::uint64_t StateReader::number() noexcept {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return ok_ ? value : 0;
  }
  ok_ = false;
  rest_ = {};
  return 0;
}

std::int64_t StateReader::signed_number() noexcept {
  const auto bits = number();
  return static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
}

TimePoint StateReader::time() noexcept {
  const auto count = signed_number();
  if (count < -kFarthest || count > kFarthest) {
    ok_ = false;
    return TimePoint{};
  }
  return TimePoint{Duration{count}} - shift_;
}

Duration StateReader::duration() noexcept {
  const auto count = signed_number();
  if (count >= -kFarthest && count <= kFarthest) return Duration{count};
  ok_ = false;
  return {};
}

std::string_view StateReader::text() noexcept {
  const auto size = number();
  if (size > rest_.size()) {
    ok_ = false;
    rest_ = {};
  }
  if (!ok_) return {};
  const auto bytes = rest_.substr(0, static_cast<std::size_t>(size));
  rest_.remove_prefix(bytes.size());
  return bytes;
}

}  // namespace cachearr::limit
