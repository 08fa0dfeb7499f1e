// Owners for what OpenSSL hands out. Private to this module; movable values, any thread.
#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string>

namespace cachearr::authority {

template <auto Release>
struct Releases {
  template <class T>
  void operator()(T* object) const noexcept {
    Release(object);
  }
};

using CertificatePtr = std::unique_ptr<X509, Releases<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Releases<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Releases<BIO_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Releases<X509_EXTENSION_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Releases<X509_STORE_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Releases<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, Releases<SSL_SESSION_free>>;

/// SHA-256 of the DER form: "AB:CD:…".
std::string fingerprint_of(const X509* certificate);
/// "DNS:…" and "IP:…" names as a person reads them, at most `most` of them; control bytes never pass.
std::string names_of(const X509* certificate, std::size_t most);
/// The last reason in this thread's error queue, which is emptied.
std::string last_openssl_error();

}  // namespace cachearr::authority
