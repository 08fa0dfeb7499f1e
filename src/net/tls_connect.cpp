#include "net/tls_connect.hpp"

#include <openssl/ssl.h>

namespace cachearr::net {

Task<Result<std::unique_ptr<TlsStream>, TlsFailure>> connect_tls(Worker& worker, boost::asio::ip::tcp::socket socket,
                                                                 TlsTrust trust, std::string host, Duration limit) {
  const authority::ClientTls settings{trust.verify, trust.ca_file, trust.certificate_file, trust.key_file};
  const auto context = trust.contexts.get(settings);
  if (!context) co_return TlsFailure{false, context.error().what};
  SslPtr ssl{SSL_new(context->get())};
  if (!ssl || !authority::prepare(ssl.get(), host))
    co_return TlsFailure{false, "no certificate can be valid for the host " + host};
  auto stream = make_tls_stream(worker, std::move(socket), std::move(ssl));
  stream->arm(limit);
  const auto error = co_await stream->handshake(false);
  stream->disarm();
  if (error == IoError::none) co_return std::move(stream);
  TlsFailure failure;
  failure.timed_out = error == IoError::timed_out;
  if (failure.timed_out) {
    failure.what = "the TLS handshake took too long";
  } else if (error.cause() != 0) {
    failure.what = "the connection broke during the TLS handshake (" + std::string{name_of(error)} + ")";
  } else {
    failure.what = authority::why(stream->ssl());
  }
  co_return failure;
}

}  // namespace cachearr::net
