#include "http/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

#include "base/text.hpp"
#include "http/target.hpp"

namespace cachearr::http {

namespace {

bool all_of_digits(std::string_view text, std::string_view digits) noexcept {
  return text.find_first_not_of(digits) == std::string_view::npos;
}

}  // namespace

bool canonical_ipv6(std::string_view text, std::string& into) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  if (text.size() >= buffer.size()) return false;
  std::copy(text.begin(), text.end(), buffer.begin());
  in6_addr address{};
  if (text.find('\0') != std::string_view::npos || inet_pton(AF_INET6, buffer.data(), &address) != 1) return false;
  if (inet_ntop(AF_INET6, &address, buffer.data(), buffer.size()) == nullptr) return false;
  into.assign(buffer.data());
  return true;
}

bool looks_like_ip(std::string_view host) noexcept {
  if (host.find(':') != std::string_view::npos) return true;
  if (host.ends_with('.')) host.remove_suffix(1);
  // No top-level domain is a number, so what ends in one is taken for an address by some resolver.
  const auto last = host.substr(host.rfind('.') + 1);
  if (last.starts_with("0x") || last.starts_with("0X")) return all_of_digits(last.substr(2), "0123456789abcdefABCDEF");
  return !last.empty() && all_of_digits(last, "0123456789");
}

}  // namespace cachearr::http
