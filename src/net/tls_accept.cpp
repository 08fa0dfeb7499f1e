#include "net/tls_accept.hpp"

#include "authority/client_context.hpp"
#include "authority/distrust.hpp"
#include "net/tcp_stream.hpp"

namespace cachearr::net {

std::unique_ptr<TlsStream> make_server_stream(Worker& worker, Stream& plain, authority::ConnectionHandle ssl,
                                              std::string_view early) {
  auto stream = make_tls_stream(worker, release_socket(plain), SslPtr{ssl.release()});
  stream->feed(early);
  return stream;
}

bool speaks_http2(Stream& stream) noexcept {
  const auto* const secure = stream.is_secure() ? dynamic_cast<TlsStream*>(&stream) : nullptr;
  return secure && secure->protocol() == "h2";
}

std::string distrust_told_by(TlsStream& stream) { return authority::distrust_of(stream.ssl()).value_or(std::string{}); }

std::string tls_trouble_of(Stream& stream) {
  auto* const secure = stream.is_secure() ? dynamic_cast<TlsStream*>(&stream) : nullptr;
  return secure ? authority::why(secure->ssl()) : std::string{};
}

void send_unrecognized_name(Stream& plain) noexcept {
  // A record of type alert in TLS 1.0's clothes, as before any handshake: fatal, unrecognized_name (RFC 6066 3).
  constexpr std::string_view alert{"\x15\x03\x01\x00\x02\x02\x70", 7};
  const Slice one = slice(alert);
  plain.try_write({&one, 1});
}

}  // namespace cachearr::net
