#include "authority/openssl.hpp"

#include <arpa/inet.h>
#include <array>
#include <openssl/err.h>
#include <string_view>

#include "authority/context_handle.hpp"

namespace cachearr::authority {
namespace {

using NamesPtr = std::unique_ptr<GENERAL_NAMES, Releases<GENERAL_NAMES_free>>;

/// A peer chose these bytes: only what can do no harm in a terminal or a log line is kept.
std::string printable(const ASN1_STRING* text) {
  const auto* bytes = ASN1_STRING_get0_data(text);
  std::string out;
  for (int i = 0; i < ASN1_STRING_length(text) && i < 253; ++i) {
    out += bytes[i] > 0x20 && bytes[i] < 0x7f ? static_cast<char>(bytes[i]) : '?';
  }
  return out;
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  const int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(address) != 16) return "?";
  inet_ntop(family, ASN1_STRING_get0_data(address), out.data(), out.size());
  return out.data();
}

std::string name_text(const GENERAL_NAME* name) {
  if (name->type == GEN_DNS) return printable(name->d.dNSName);
  if (name->type == GEN_IPADD) return address_text(name->d.iPAddress);
  return {};
}

}  // namespace

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    if (i != 0) out += ':';
    out += digits[digest[i] >> 4];
    out += digits[digest[i] & 15];
  }
  return out;
}

std::string names_of(const X509* certificate, std::size_t most) {
  const NamesPtr names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  std::string out;
  std::size_t shown = 0, left_out = 0;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto text = name_text(sk_GENERAL_NAME_value(names.get(), i));
    if (text.empty()) continue;
    if (shown == most) {
      ++left_out;
      continue;
    }
    out += (shown++ == 0 ? "" : ", ") + text;
  }
  if (left_out > 0) out += " and " + std::to_string(left_out) + " more";
  return out;
}

void FreeConnection::operator()(ssl_st* ssl) const noexcept { SSL_free(ssl); }

std::string last_openssl_error() {
  const auto code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  std::string out = reason != nullptr ? reason : "no reason given";
  ERR_clear_error();
  return out;
}

}  // namespace cachearr::authority
