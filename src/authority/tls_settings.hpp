// What both directions have in common, towards clients and towards upstreams. Private to this module.
#pragma once

#include "authority/openssl.hpp"

namespace cachearr::authority {

/// Forward secrecy and AEAD only; every client of the last ten years has one of these.
inline constexpr auto kCiphersForClients = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!PSK";
/// Forward secrecy, but CBC too: some indexers run on servers that have nothing newer.
inline constexpr auto kCiphersForUpstreams =
    "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:!aNULL:!PSK";

/// TLS 1.2 and 1.3, security level 2, no renegotiation, no compression; buffers are given back while idle; a write that
/// would block may be repeated from another buffer; one read from the socket takes all that is there, so that "nothing
/// to read" is what SSL_read says and not what the socket says. The system's openssl.cnf cannot weaken any of it.
[[nodiscard]] bool apply_common_settings(SSL_CTX* context, const char* tls_1_2_ciphers);

}  // namespace cachearr::authority
