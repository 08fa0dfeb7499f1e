#include "net/local_addresses.hpp"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cachearr::net {

namespace {

bool is_unspecified(const ip::Address& address) {
  static const ip::Address v4_any = *ip::parse_address("0.0.0.0");
  return address == ip::Address{} || address == v4_any;
}

bool is_loopback(const ip::Address& address) {
  static const auto v4 = *ip::parse_range("127.0.0.0/8");
  static const auto v6 = *ip::parse_range("::1/128");
  return v4.contains(address) || v6.contains(address);
}

/// The system lets a socket have only an address of this machine. In doubt: true.
bool is_of_this_machine(const ip::Address& address) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, address.bytes.data() + 12, 4);
    std::memcpy(&storage, &v4, size = sizeof v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, address.bytes.data(), 16);
    std::memcpy(&storage, &v6, size = sizeof v6);
  }
  const int probe = ::socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return errno != EAFNOSUPPORT;
  const bool bound = ::bind(probe, reinterpret_cast<const sockaddr*>(&storage), size) == 0;
  const int why = bound ? 0 : errno;
  ::close(probe);
  return bound || (why != EADDRNOTAVAIL && why != EINVAL);
}

}  // namespace

bool reaches(const ip::Address& target, const ip::Address& bound) {
  // Whoever connects to "no address" reaches the loopback, and any listener there.
  if (target == bound || is_unspecified(target)) return true;
  return is_unspecified(bound) && (is_loopback(target) || is_of_this_machine(target));
}

}  // namespace cachearr::net
