// A TLS client and server in one thread, joined by a pair of memory buffers: handshakes without sockets.
#pragma once

#include <memory>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string>

namespace cachearr::test {

using Ssl = std::unique_ptr<SSL, decltype(&SSL_free)>;

inline Ssl connection_of(SSL_CTX* context) { return {SSL_new(context), &SSL_free}; }

/// Joins both ends by memory; `client` connects, `server` accepts.
inline void join(SSL* client, SSL* server) {
  BIO *left = nullptr, *right = nullptr;
  BIO_new_bio_pair(&left, 0, &right, 0);
  SSL_set_bio(client, left, left);
  SSL_set_bio(server, right, right);
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);
}

inline bool wants_more(SSL* ssl, int result) {
  const int error = SSL_get_error(ssl, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

/// Drives both ends until both are done or one has failed; true where both are done. Where not, the client has read the
/// server's alert and its error queue is left as it is, so that the caller can ask for the reason.
inline bool shake_hands(SSL* client, SSL* server) {
  for (int round = 0; round < 200; ++round) {
    ERR_clear_error();
    const int client_result = SSL_do_handshake(client);
    if (client_result != 1 && !wants_more(client, client_result)) return false;
    ERR_clear_error();
    const int server_result = SSL_do_handshake(server);
    if (client_result == 1 && server_result == 1) return true;
    if (client_result == 1 && !wants_more(server, server_result)) {
      ERR_clear_error();
      char byte = 0;
      SSL_read(client, &byte, 1);
      return false;
    }
  }
  return false;
}

/// One message from `from` to `to`; what arrived.
inline std::string pass(SSL* from, SSL* to, const std::string& text) {
  SSL_write(from, text.data(), static_cast<int>(text.size()));
  std::string out(text.size() + 64, '\0');
  const int size = SSL_read(to, out.data(), static_cast<int>(out.size()));
  out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return out;
}

}  // namespace cachearr::test
