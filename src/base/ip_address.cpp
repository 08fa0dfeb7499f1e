#include "base/ip_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>

#include "base/text.hpp"

namespace cachearr::ip {

namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

const std::array<Range, 22>& private_ranges() {
  static const auto ranges = [] {
    constexpr std::array<std::string_view, 22> texts{
        "0.0.0.0/8",       "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24",    "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",    "192.0.2.0/24",
        "198.51.100.0/24", "203.0.113.0/24", "::/96",         "fc00::/7",    "fe80::/10",      "ff00::/8",
        "64:ff9b::/96",    "64:ff9b:1::/48", "2002::/16",     "fec0::/10"};
    std::array<Range, 22> result{};
    std::transform(texts.begin(), texts.end(), result.begin(),
                   [](std::string_view text) { return *parse_range(text); });
    return result;
  }();
  return ranges;
}

/// Four decimal numbers without leading zeros, which some would read as octal. By hand, since it is asked of every
/// request and of names that are no address.
std::optional<Address> parse_v4(std::string_view text) noexcept {
  Address address;
  std::copy(kMapped.begin(), kMapped.end(), address.bytes.begin());
  std::size_t numbers = 0;
  unsigned value = 0, digits = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '.') {
      if (digits == 0 || numbers == 4) return std::nullopt;
      address.bytes[kMapped.size() + numbers++] = static_cast<std::uint8_t>(value);
      value = digits = 0;
      continue;
    }
    if (text[i] < '0' || text[i] > '9' || (digits > 0 && value == 0)) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(text[i] - '0');
    if (value > 255) return std::nullopt;
    ++digits;
  }
  return numbers == 4 ? std::optional{address} : std::nullopt;
}

}  // namespace

bool Address::is_v4() const noexcept { return std::equal(kMapped.begin(), kMapped.end(), bytes.begin()); }

std::optional<Address> parse_address(std::string_view text) noexcept {
  if (text.find(':') == std::string_view::npos) return parse_v4(text);
  std::array<char, INET6_ADDRSTRLEN> copy{};
  // The system's function stops at a zero byte.
  if (text.size() >= copy.size() || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::copy(text.begin(), text.end(), copy.begin());
  Address address;
  if (inet_pton(AF_INET6, copy.data(), address.bytes.data()) != 1) return std::nullopt;
  return address;
}

std::string to_string(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (address.is_v4()) {
    inet_ntop(AF_INET, address.bytes.data() + kMapped.size(), buffer.data(), buffer.size());
  } else {
    inet_ntop(AF_INET6, address.bytes.data(), buffer.data(), buffer.size());
  }
  return buffer.data();
}

bool Range::contains(const Address& address) const noexcept {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(base.bytes.begin(), base.bytes.begin() + static_cast<std::ptrdiff_t>(whole), address.bytes.begin()))
    return false;
  const int rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFF << (8 - rest));
  return (base.bytes[whole] & mask) == (address.bytes[whole] & mask);
}

std::optional<Range> parse_range(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = parse_address(text.substr(0, slash));
  if (!base) return std::nullopt;
  const bool v4 = base->is_v4() && text.find(':') == std::string_view::npos;
  if (slash == std::string_view::npos) return Range{*base, 128};
  const auto bits = text::parse_unsigned(text.substr(slash + 1));
  if (!bits || *bits > (v4 ? 32U : 128U)) return std::nullopt;
  return Range{*base, static_cast<int>(*bits) + (v4 ? 96 : 0)};
}

bool is_private(const Address& address) noexcept {
  const auto& ranges = private_ranges();
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) { return range.contains(address); });
}

bool is_private_host(std::string_view host) noexcept {
  if (const auto address = parse_address(host)) return is_private(*address);
  constexpr std::array<std::string_view, 9> suffixes{".local", ".lan",  ".internal", ".home.arpa",  ".localhost",
                                                     ".home",  ".corp", ".intranet", ".localdomain"};
  return host.find('.') == std::string_view::npos ||
         std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view end) { return host.ends_with(end); });
}

}  // namespace cachearr::ip
