// IP addresses as values: ranges, and which addresses a proxy must not reach by accident. Pure, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cachearr::ip {

/// An IPv6 address; IPv4 stands in its mapped form, so that ::ffff:127.0.0.1 and 127.0.0.1 are one.
struct Address {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v4() const noexcept;
  friend bool operator==(const Address&, const Address&) = default;
};

std::optional<Address> parse_address(std::string_view text) noexcept;
std::string to_string(const Address& address);

/// "10.0.0.0/8", "::1/128", or one address.
struct Range {
  Address base;
  int bits = 128;  // of the mapped form
  bool contains(const Address& address) const noexcept;
};
std::optional<Range> parse_range(std::string_view text);

/// Loopback, link-local, private, shared (CGNAT), unique-local, multicast, unspecified, reserved and v4-compatible
/// addresses: what a request from outside must not reach through us unless a rule names it.
bool is_private(const Address& address) noexcept;
/// The same of a host, by its look: names without a dot and those of private networks lead to private addresses.
bool is_private_host(std::string_view host) noexcept;

}  // namespace cachearr::ip
