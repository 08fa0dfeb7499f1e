// Upstreams for the tests of client contexts: a server of one's own making, and a client that judges it. One thread.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "authority/client_context.hpp"
#include "authority/openssl.hpp"
#include "support/certificates.hpp"
#include "support/scratch.hpp"
#include "support/tls_pair.hpp"

namespace cachearr::authority {

using test::Identity;
using test::make;
using test::Wish;

/// What a server shows; anything else about it may be bent by a test.
struct Origin {
  Identity leaf;
  std::vector<Identity> chain = {};
  int max_version = TLS1_3_VERSION;
  bool asks_for_client_certificate = false;
  std::string staple = {};  // DER of an OCSP answer
};

inline int send_staple(SSL* ssl, void* origin) {
  const auto& staple = static_cast<Origin*>(origin)->staple;
  if (staple.empty()) return SSL_TLSEXT_ERR_NOACK;
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(staple.data(), staple.size()));
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(staple.size()));
  return SSL_TLSEXT_ERR_OK;
}

inline ContextPtr server_context(Origin& origin) {
  ContextPtr context{SSL_CTX_new(TLS_server_method())};
  SSL_CTX_set_security_level(context.get(), 0);  // a server that does not care
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), origin.max_version);
  SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");
  SSL_CTX_use_certificate(context.get(), origin.leaf.certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), origin.leaf.key.get());
  for (const auto& link : origin.chain) SSL_CTX_add1_chain_cert(context.get(), link.certificate.get());
  if (origin.asks_for_client_certificate) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  SSL_CTX_set_tlsext_status_cb(context.get(), &send_staple);
  SSL_CTX_set_tlsext_status_arg(context.get(), &origin);
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>("t"), 1);
  return context;
}

/// Roots of these tests, made once; RSA only where a test is about RSA.
class ClientContext : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    root_ = new Identity{make(test::authority_wish())};
    scratch_ = new test::Scratch;
    roots_file_ = scratch_->file("roots.pem", test::pem_of(root_->certificate.get()));
  }
  static void TearDownTestSuite() {
    delete scratch_;
    delete root_;
  }

  static Origin origin(const Wish& wish) { return Origin{.leaf = make(wish, root_)}; }

  /// Connects to `origin` as `host`; empty: accepted, else why not.
  std::string verdict(Origin origin, const std::string& host = "origin.test") {
    const auto context = contexts_.get({.verify = true, .ca_file = roots_file_});
    if (!context) return context.error().what;
    const auto server = server_context(origin);
    const auto client_end = test::connection_of(context.value().get());
    const auto server_end = test::connection_of(server.get());
    if (!prepare(client_end.get(), host)) return "not a host";
    test::join(client_end.get(), server_end.get());
    if (!test::shake_hands(client_end.get(), server_end.get())) return why(client_end.get());
    return first_answer(client_end.get(), server_end.get());
  }

  /// With TLS 1.3 a server may still refuse after the client's handshake is done.
  static std::string first_answer(SSL* client, SSL* server) {
    ERR_clear_error();
    if (test::pass(server, client, "hello") == "hello") return {};
    return why(client);
  }

  static inline Identity* root_ = nullptr;
  static inline test::Scratch* scratch_ = nullptr;
  static inline std::string roots_file_;
  ClientContexts contexts_;
};

}  // namespace cachearr::authority
