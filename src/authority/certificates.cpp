#include "authority/certificates.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <initializer_list>
#include <openssl/ec.h>
#include <openssl/rand.h>

namespace cachearr::authority {
namespace {

using ConstraintsPtr = std::unique_ptr<NAME_CONSTRAINTS, Releases<NAME_CONSTRAINTS_free>>;
using SerialPtr = std::unique_ptr<BIGNUM, Releases<BN_free>>;

struct NamedValue {
  int nid;
  std::string value;
};

/// 128 random bits, of which the highest is 0 for the sign and the next is 1 for a constant length.
bool set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3FU) | 0x40U);
  const SerialPtr number{BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_validity(X509* certificate, TimePoint from, TimePoint until) {
  const auto seconds = [](TimePoint at) {
    return static_cast<std::time_t>(std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
  };
  return ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(until)) != nullptr;
}

bool add_extensions(X509* certificate, const X509* issuer, std::initializer_list<NamedValue> extensions) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, const_cast<X509*>(issuer), certificate, nullptr, nullptr, 0);
  for (const auto& [nid, value] : extensions) {
    const ExtensionPtr extension{X509V3_EXT_nconf_nid(nullptr, &context, nid, value.c_str())};
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) return false;
  }
  return true;
}

bool set_authority_name(X509* certificate) {
  // Each generation has a name of its own, so that clients never try an old one's key, and users know which to remove.
  std::array<unsigned char, 4> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string name = "cachearr local authority ";
  for (const auto byte : bytes) (name += digits[byte >> 4U]) += digits[byte & 15U];
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto add = [subject](const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0) == 1;
  };
  return add("O", "cachearr") && add("CN", name) && X509_set_issuer_name(certificate, subject) == 1;
}

std::string constraints_of(const std::vector<std::string>& names) {
  std::string out = "critical";
  for (const auto& name : names) out += ",permitted;DNS:" + name;
  return out + ",excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0";
}

}  // namespace

KeyPtr new_key() { return KeyPtr{EVP_EC_gen("P-256")}; }

Result<CertificatePtr> make_authority(EVP_PKEY* key, const std::vector<std::string>& names, TimePoint now) {
  CertificatePtr made{X509_new()};
  X509* x = made.get();
  const bool done = x != nullptr && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
                    set_authority_name(x) && set_validity(x, now - kBackdating, now - kBackdating + kAuthorityLife) &&
                    X509_set_pubkey(x, key) == 1 &&
                    add_extensions(x, x,
                                   {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                    {NID_key_usage, "critical,keyCertSign"},
                                    {NID_ext_key_usage, "serverAuth"},
                                    {NID_name_constraints, constraints_of(names)},
                                    {NID_subject_key_identifier, "hash"}}) &&
                    X509_sign(x, key, EVP_sha256()) != 0;
  if (!done) return Error{"the authority's certificate could not be made: " + last_openssl_error()};
  return made;
}

Result<CertificatePtr> make_leaf(EVP_PKEY* leaf_key, const std::string& host, const X509* authority,
                                 EVP_PKEY* authority_key, TimePoint now) {
  const auto end = time_of(X509_get0_notAfter(authority));
  if (now >= end) return Error{"the local authority has expired: run \"cachearr ca init --renew\""};
  CertificatePtr made{X509_new()};
  X509* x = made.get();
  const auto from = now - kBackdating;
  const bool done = x != nullptr && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
                    X509_set_issuer_name(x, X509_get_subject_name(authority)) == 1 &&
                    set_validity(x, from, std::min<TimePoint>(from + kLeafLife, end)) &&
                    X509_set_pubkey(x, leaf_key) == 1 &&
                    // The subject is empty, so the alternative name is critical (RFC 5280 4.2.1.6).
                    add_extensions(x, authority,
                                   {{NID_basic_constraints, "critical,CA:FALSE"},
                                    {NID_key_usage, "critical,digitalSignature"},
                                    {NID_ext_key_usage, "serverAuth"},
                                    {NID_subject_alt_name, "critical,DNS:" + host},
                                    {NID_authority_key_identifier, "keyid:always"}}) &&
                    X509_sign(x, authority_key, EVP_sha256()) != 0;
  if (!done) return Error{"a certificate for " + host + " could not be made: " + last_openssl_error()};
  return made;
}

std::vector<std::string> permitted_names_of(const X509* certificate) {
  const ConstraintsPtr constraints{
      static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(certificate, NID_name_constraints, nullptr, nullptr))};
  std::vector<std::string> names;
  if (!constraints) return names;
  for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees); ++i) {
    const GENERAL_NAME* base = sk_GENERAL_SUBTREE_value(constraints->permittedSubtrees, i)->base;
    if (base->type != GEN_DNS) continue;
    const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(base->d.dNSName));
    names.emplace_back(bytes, static_cast<std::size_t>(ASN1_STRING_length(base->d.dNSName)));
  }
  return names;
}

TimePoint time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return TimePoint{};
  return TimePoint{std::chrono::seconds{timegm(&parts)}};
}

}  // namespace cachearr::authority
