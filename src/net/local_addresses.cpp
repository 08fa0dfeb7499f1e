#include "net/local_addresses.hpp"

#include <cstring>
#include <ifaddrs.h>
#include <netinet/in.h>

namespace cachearr::net {

std::vector<ip::Address> addresses_behind(const ip::Address& bound) {
  const auto v4_any = *ip::parse_address("0.0.0.0");
  // Whoever connects to "no address" reaches the loopback.
  if (bound != ip::Address{} && bound != v4_any) return {bound, ip::Address{}, v4_any};
  std::vector<ip::Address> all{ip::Address{}, v4_any, *ip::parse_address("127.0.0.1"), *ip::parse_address("::1")};
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return all;
  for (const auto* at = list; at; at = at->ifa_next) {
    if (!at->ifa_addr) continue;
    ip::Address address = v4_any;
    if (at->ifa_addr->sa_family == AF_INET) {
      sockaddr_in v4{};
      std::memcpy(&v4, at->ifa_addr, sizeof v4);
      std::memcpy(address.bytes.data() + 12, &v4.sin_addr, 4);
    } else if (at->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 v6{};
      std::memcpy(&v6, at->ifa_addr, sizeof v6);
      std::memcpy(address.bytes.data(), &v6.sin6_addr, 16);
    } else {
      continue;
    }
    all.push_back(address);
  }
  freeifaddrs(list);
  return all;
}

}  // namespace cachearr::net
