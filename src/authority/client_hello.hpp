// What a client's first bytes say before any of them is answered: TLS or not, and for whom. Pure; any bytes, any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cachearr::authority {

struct ClientHello {
  enum class Kind : std::uint8_t {
    incomplete,  // more bytes are needed
    not_tls,     // something else, or bytes no TLS client sends
    hello,
  };
  Kind kind = Kind::incomplete;
  std::string server_name;      // canonical; empty where the client names none, or names none that is a DNS name
  bool offers_http_1_1 = true;  // true also where the client offers no ALPN at all
  bool offers_http2 = false;
  // Of its cipher suites and kinds of extensions: equal for all connections of one program, mostly different for
  // another.
  std::uint64_t fingerprint = 0;
};

/// A first message larger than this is not waited for.
inline constexpr std::size_t kMaxClientHello = 16 * 1024;

/// Reads the ClientHello at the start of `bytes` (as peeked: they stay where they are). It may be spread over several
/// records, and is never believed beyond its own lengths.
ClientHello read_client_hello(std::string_view bytes);

}  // namespace cachearr::authority
