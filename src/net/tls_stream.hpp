// TLS behind the Stream interface: OpenSSL reads and writes the socket itself, Asio only tells when it is ready.
//
// The SSL object is made and prepared by the caller (authority) and owned by the stream from then on.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "net/stream.hpp"
#include "net/worker.hpp"

typedef struct ssl_st SSL;

namespace cachearr::net {

struct FreeSsl {
  void operator()(SSL* ssl) const noexcept;
};
using SslPtr = std::unique_ptr<SSL, FreeSsl>;

class TlsStream : public Stream {
 public:
  using Stream::Stream;
  bool is_secure() const noexcept override { return true; }
  /// Client or server side of the handshake, as the SSL object was prepared; limited by the armed deadline.
  /// Why it failed is told by the SSL object's verify result and the error queue.
  virtual Task<IoError> handshake(bool as_server) = 0;
  /// Bytes of the peer that somebody else has taken from the socket; before the handshake. They are copied.
  virtual void feed(std::string_view early) = 0;
  virtual SSL* ssl() noexcept = 0;
  /// "TLSv1.3", once the handshake is over. Lives for ever.
  virtual std::string_view version() const noexcept = 0;
  /// What both sides have agreed to speak (ALPN), likewise; empty: nothing. Valid as long as the stream.
  virtual std::string_view protocol() const noexcept = 0;
};

std::unique_ptr<TlsStream> make_tls_stream(Worker& worker, boost::asio::ip::tcp::socket socket, SslPtr ssl);

}  // namespace cachearr::net
