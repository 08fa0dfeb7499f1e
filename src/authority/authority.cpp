#include "authority/authority.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "authority/authority_files.hpp"
#include "authority/certificates.hpp"
#include "authority/host_names.hpp"
#include "authority/openssl.hpp"

namespace cachearr::authority {
namespace {

std::string take(const BioPtr& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string key_pem(EVP_PKEY* key) {
  const BioPtr bio{BIO_new(BIO_s_secmem())};
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) return {};
  return take(bio);
}

std::string certificate_pem(X509* certificate) {
  const BioPtr bio{BIO_new(BIO_s_mem())};
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
  return take(bio);
}

BioPtr over(const std::string& bytes) { return BioPtr{BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))}; }

std::string common_name_of(const X509* certificate) {
  std::array<char, 128> out{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, out.data(), out.size());
  return out.data();
}

/// The promise of this module: an authority that could sign for anything is not used, wherever it came from.
bool is_limited(const X509* certificate) {
  const int at = X509_get_ext_by_NID(certificate, NID_name_constraints, -1);
  return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(certificate, at)) == 1 &&
         !permitted_names_of(certificate).empty();
}

}  // namespace

Authority::Authority(std::shared_ptr<x509_st> certificate, std::shared_ptr<evp_pkey_st> key)
    : certificate_{std::move(certificate)},
      key_{std::move(key)},
      names_{permitted_names_of(certificate_.get())},
      fingerprint_{fingerprint_of(certificate_.get())},
      name_{common_name_of(certificate_.get())},
      not_before_{time_of(X509_get0_notBefore(certificate_.get()))},
      not_after_{time_of(X509_get0_notAfter(certificate_.get()))} {}

Result<Authority> Authority::init(const std::string& directory, const std::vector<std::string>& hosts, bool renew,
                                  TimePoint now) {
  if (!renew && exists(directory)) {
    return Error{directory +
                 " holds an authority already; \"cachearr ca init --renew\" replaces it, after which every " +
                 "client has to trust the new one"};
  }
  const auto names = permitted_names(hosts);
  if (!names) return names.error();
  if (names.value().empty())
    return Error{"no rule intercepts a host, so there is nothing an authority could be limited to"};
  auto key = new_key();
  if (!key) return Error{"a key could not be made: " + last_openssl_error()};
  auto certificate = make_authority(key.get(), names.value(), now);
  if (!certificate) return certificate.error();
  AuthorityFiles files{key_pem(key.get()), certificate_pem(certificate.value().get())};
  auto problem = write_authority_files(directory, files);
  OPENSSL_cleanse(files.key.data(), files.key.size());
  if (problem) return std::move(*problem);
  return Authority{{certificate.value().release(), &X509_free}, {key.release(), &EVP_PKEY_free}};
}

Result<Authority> Authority::load(const std::string& directory) {
  auto files = read_authority_files(directory);
  if (!files) return files.error();
  CertificatePtr certificate{PEM_read_bio_X509(over(files->certificate).get(), nullptr, nullptr, nullptr)};
  if (!certificate) return Error{certificate_path(directory) + " is not a certificate (PEM): " + last_openssl_error()};
  KeyPtr key{PEM_read_bio_PrivateKey(over(files->key).get(), nullptr, nullptr, nullptr)};
  OPENSSL_cleanse(files->key.data(), files->key.size());
  if (!key) return Error{key_path(directory) + " is not a private key (PEM): " + last_openssl_error()};
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    last_openssl_error();
    return Error{key_path(directory) + " is not the key of " + certificate_path(directory) +
                 ": \"cachearr ca init --renew\" makes a new pair"};
  }
  if (!is_limited(certificate.get())) {
    return Error{certificate_path(directory) +
                 " has no critical name constraints: an authority that may sign for every " +
                 "host is not used; \"cachearr ca init --renew\" makes one for the intercepted hosts"};
  }
  return Authority{{certificate.release(), &X509_free}, {key.release(), &EVP_PKEY_free}};
}

bool Authority::exists(const std::string& directory) {
  // One that this user may not look at is there all the same: load() will say so, instead of nobody.
  const auto is_there = [](const std::string& path) {
    struct stat seen {};
    return stat(path.c_str(), &seen) == 0 || errno == EACCES;
  };
  return is_there(certificate_path(directory)) || is_there(key_path(directory));
}

bool Authority::covers(std::string_view host) const {
  const auto wanted = canonical_host(host);
  return is_dns_name(wanted) &&
         std::any_of(names_.begin(), names_.end(), [&wanted](const auto& name) { return is_within(wanted, name); });
}

std::vector<std::string> Authority::not_covered(const std::vector<std::string>& hosts) const {
  std::vector<std::string> missing;
  for (const auto& host : hosts) {
    if (!covers(host.starts_with("*.") ? std::string_view{host}.substr(2) : host)) missing.push_back(host);
  }
  return missing;
}

}  // namespace cachearr::authority
