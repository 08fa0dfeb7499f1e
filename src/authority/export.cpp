#include "authority/export.hpp"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "authority/openssl.hpp"
#include "base/text.hpp"

namespace cachearr::authority {
namespace {

void free_bags(STACK_OF(PKCS12_SAFEBAG) * bags) { sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free); }
void free_safes(STACK_OF(PKCS7) * safes) { sk_PKCS7_pop_free(safes, PKCS7_free); }

using Pkcs12Ptr = std::unique_ptr<PKCS12, Releases<PKCS12_free>>;
using BagsPtr = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), Releases<free_bags>>;
using SafesPtr = std::unique_ptr<STACK_OF(PKCS7), Releases<free_safes>>;

/// Oracle's attribute for "this certificate is trusted"; without it Java sees an empty store.
constexpr auto kTrustedKeyUsage = "2.16.840.1.113894.746875.1.1";

std::string to_pem(X509* certificate) {
  const BioPtr bio{BIO_new(BIO_s_mem())};
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

template <class Object>
std::string to_der(int (*encode)(const Object*, unsigned char**), const Object* object) {
  const int size = encode(object, nullptr);
  if (size <= 0) return {};
  std::string out(static_cast<std::size_t>(size), '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  encode(object, &bytes);
  return out;
}

std::string to_p12(const Authority& authority) {
  STACK_OF(PKCS12_SAFEBAG)* new_bags = nullptr;
  PKCS12_SAFEBAG* bag = PKCS12_add_cert(&new_bags, authority.certificate());
  const BagsPtr bags{new_bags};
  const auto* any_use = reinterpret_cast<const unsigned char*>(OBJ_nid2obj(NID_anyExtendedKeyUsage));
  if (bag == nullptr || PKCS12_add_friendlyname_utf8(bag, authority.name().c_str(), -1) != 1 ||
      PKCS12_add1_attr_by_txt(bag, kTrustedKeyUsage, V_ASN1_OBJECT, any_use, -1) != 1) {
    return {};
  }
  constexpr int unencrypted = -1;
  STACK_OF(PKCS7)* new_safes = nullptr;
  const bool packed = PKCS12_add_safe(&new_safes, bags.get(), unencrypted, 0, nullptr) == 1;
  const SafesPtr safes{new_safes};
  if (!packed) return {};
  const Pkcs12Ptr file{PKCS12_add_safes(safes.get(), 0)};
  if (!file || PKCS12_set_mac(file.get(), "", 0, nullptr, 0, PKCS12_DEFAULT_ITER, EVP_sha256()) != 1) return {};
  return to_der<PKCS12>(i2d_PKCS12, file.get());
}

/// A UUID (RFC 9562, version 8) made of 16 bytes of the fingerprint, so that a profile replaces itself and no other.
std::string uuid_from(const std::string& fingerprint, std::size_t first_byte) {
  std::string out;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += fingerprint.substr((first_byte + i) * 3, 2);
  }
  out[14] = '8';
  out[19] = 'A';
  return out;
}

std::string hosts_of(const Authority& authority) {
  std::string out;
  for (const auto& host : authority.hosts()) out += (out.empty() ? "" : ", ") + host;
  return out;
}

std::string string_entry(const std::string& key, const std::string& value) {
  return "<key>" + key + "</key><string>" + value + "</string>\n";
}

/// Everything put in here is made by this program: names of hosts, base64, hexadecimal digits. Nothing needs escaping.
std::string to_mobileconfig(const Authority& authority) {
  const auto certificate_id = uuid_from(authority.fingerprint(), 0),
             profile_id = uuid_from(authority.fingerprint(), 16);
  const auto der = to_der<X509>(i2d_X509, authority.certificate());
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
         "<plist version=\"1.0\"><dict>\n"
         "<key>PayloadContent</key><array><dict>\n" +
         string_entry("PayloadCertificateFileName", "cachearr.cer") + "<key>PayloadContent</key><data>" +
         text::base64_encode(der) + "</data>\n" +
         string_entry("PayloadDescription", "Trusted for these hosts only: " + hosts_of(authority)) +
         string_entry("PayloadDisplayName", authority.name()) +
         string_entry("PayloadIdentifier", "cachearr.authority." + certificate_id) +
         string_entry("PayloadType", "com.apple.security.root") + string_entry("PayloadUUID", certificate_id) +
         "<key>PayloadVersion</key><integer>1</integer>\n</dict></array>\n" +
         string_entry("PayloadDescription", "Lets this device use the cachearr proxy for HTTPS") +
         string_entry("PayloadDisplayName", authority.name()) +
         string_entry("PayloadIdentifier", "cachearr.profile." + profile_id) +
         "<key>PayloadRemovalDisallowed</key><false/>\n" + string_entry("PayloadType", "Configuration") +
         string_entry("PayloadUUID", profile_id) + "<key>PayloadVersion</key><integer>1</integer>\n</dict></plist>\n";
}

}  // namespace

std::optional<ExportFormat> export_format_of(std::string_view name) noexcept {
  if (name == "pem") return ExportFormat::pem;
  if (name == "der") return ExportFormat::der;
  if (name == "p12") return ExportFormat::p12;
  if (name == "mobileconfig") return ExportFormat::mobileconfig;
  return std::nullopt;
}

std::string_view media_type_of(ExportFormat format) noexcept {
  switch (format) {
    case ExportFormat::pem:
    case ExportFormat::der: break;
    case ExportFormat::p12: return "application/x-pkcs12";
    case ExportFormat::mobileconfig: return "application/x-apple-aspen-config";
  }
  return "application/x-x509-ca-cert";
}

Result<std::string> export_as(const Authority& authority, ExportFormat format) {
  std::string out;
  switch (format) {
    case ExportFormat::pem: out = to_pem(authority.certificate()); break;
    case ExportFormat::der: out = to_der<X509>(i2d_X509, authority.certificate()); break;
    case ExportFormat::p12: out = to_p12(authority); break;
    case ExportFormat::mobileconfig: out = to_mobileconfig(authority); break;
  }
  if (out.empty()) return Error{"the authority's certificate could not be exported: " + last_openssl_error()};
  return out;
}

}  // namespace cachearr::authority
