// From a client's plain connection to the server side of TLS on the same socket.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "authority/context_handle.hpp"
#include "net/tls_stream.hpp"

namespace cachearr::net {

/// Takes the socket out of `plain`, which is of no use afterwards. `early` is what was read from it already; it is
/// copied. handshake(true) comes next. REQUIRES: `plain` is what make_tcp_stream made.
std::unique_ptr<TlsStream> make_server_stream(Worker& worker, Stream& plain, authority::ConnectionHandle ssl,
                                              std::string_view early);

/// True where the client has chosen HTTP/2 in its handshake.
bool speaks_http2(Stream& stream) noexcept;

/// The sentence for the log where the failure that `stream` just had is a client's word that it does not believe the
/// certificate; empty for any other failure. At once after the failure, and once.
std::string distrust_told_by(TlsStream& stream);

/// Why a read or write just failed with IoError::tls, as a sentence about the server; empty for a plain stream. At once
/// after the failure, and once.
std::string tls_trouble_of(Stream& stream);

/// Tells a client that is about to speak TLS, in its own protocol, that no certificate is to be had for the name it
/// asks for.
void send_unrecognized_name(Stream& plain) noexcept;

}  // namespace cachearr::net
