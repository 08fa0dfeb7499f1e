// From a TCP connection to a verified TLS connection towards an origin.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "authority/client_context.hpp"
#include "base/result.hpp"
#include "net/task.hpp"
#include "net/tls_stream.hpp"

namespace cachearr::net {

/// What is believed of the other side's certificate, and what is shown to it.
struct TlsTrust {
  authority::ClientContexts& contexts;
  bool verify = true;
  std::string ca_file;                               // empty: the system's roots
  std::string certificate_file = {}, key_file = {};  // ours, for servers that ask for one; empty: none
};

struct TlsFailure {
  bool timed_out = false;
  std::string what;  // a sentence about the certificate or the connection
};

/// Handshakes and verifies; the stream is usable only where the certificate is right for `host`. All within `limit`.
Task<Result<std::unique_ptr<TlsStream>, TlsFailure>> connect_tls(Worker& worker, boost::asio::ip::tcp::socket socket,
                                                                 TlsTrust trust, std::string host, Duration limit);

}  // namespace cachearr::net
