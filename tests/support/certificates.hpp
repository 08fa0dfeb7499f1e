// Certificates for tests, made in the process: each test says what is wrong with its own.
#pragma once

#include <ctime>
#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string>
#include <utility>
#include <vector>

namespace cachearr::test {

struct Identity {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

inline std::shared_ptr<EVP_PKEY> p256_key() { return {EVP_EC_gen("P-256"), &EVP_PKEY_free}; }
inline std::shared_ptr<EVP_PKEY> rsa_key(unsigned int bits) { return {EVP_RSA_gen(bits), &EVP_PKEY_free}; }

/// What a certificate says. `extensions` are pairs of OpenSSL's configuration names and values.
struct Wish {
  std::string common_name = "origin.test";
  std::string names = "DNS:origin.test";  // subjectAltName; empty: none
  std::vector<std::pair<std::string, std::string>> extensions = {{"basicConstraints", "CA:FALSE"},
                                                                 {"extendedKeyUsage", "serverAuth"}};
  long starts_in = -3600;  // seconds from now
  long ends_in = 30L * 86400;
  const EVP_MD* digest = EVP_sha256();
  std::shared_ptr<EVP_PKEY> key = {};  // none: a new P-256 key
};

inline Wish authority_wish(std::string name = "test root") {
  Wish wish;
  wish.common_name = std::move(name);
  wish.names.clear();
  wish.extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign"}};
  return wish;
}

/// Signs `wish` with `issuer`, or with its own key where there is none.
inline Identity make(Wish wish, const Identity* issuer = nullptr) {
  static int serial = 1000;
  Identity made{wish.key ? wish.key : p256_key(), {X509_new(), &X509_free}};
  X509* x = made.certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x), wish.starts_in);
  X509_gmtime_adj(X509_getm_notAfter(x), wish.ends_in);
  X509_set_pubkey(x, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0);
  X509* signer = issuer != nullptr ? issuer->certificate.get() : x;
  X509_set_issuer_name(x, X509_get_subject_name(signer));
  if (!wish.names.empty()) wish.extensions.emplace_back("subjectAltName", wish.names);
  X509V3_CTX context;
  X509V3_set_ctx(&context, signer, x, nullptr, nullptr, 0);
  for (const auto& [name, value] : wish.extensions) {
    X509_EXTENSION* extension = X509V3_EXT_nconf(nullptr, &context, name.c_str(), value.c_str());
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(x, (issuer != nullptr ? issuer->key : made.key).get(), wish.digest);
  return made;
}

inline std::string pem_of(X509* certificate) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio{BIO_new(BIO_s_mem()), &BIO_free};
  PEM_write_bio_X509(bio.get(), certificate);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace cachearr::test
