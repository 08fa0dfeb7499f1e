#include "authority/export.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pkcs12.h>

#include "authority/openssl.hpp"
#include "base/text.hpp"
#include "support/certificates.hpp"
#include "support/scratch.hpp"

namespace cachearr::authority {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Export : public ::testing::Test {
 protected:
  std::string as(ExportFormat format) const {
    const auto content = export_as(*authority_, format);
    EXPECT_TRUE(content);
    return content ? content.value() : std::string{};
  }
  std::string element_after(const std::string& text, const std::string& key, const std::string& tag) const {
    const auto start = text.find("<" + tag + ">", text.find(">" + key + "<")) + tag.size() + 2;
    return text.substr(start, text.find("</" + tag + ">", start) - start);
  }

  test::Scratch scratch_;
  Result<Authority> authority_ = Authority::init(scratch_ / "ca", {"api.example.org"}, false, SystemClock{}.now());
};

TEST_F(Export, AsPemIsTheFile) { EXPECT_EQ(as(ExportFormat::pem), test::content_of(scratch_ / "ca/ca.pem")); }

TEST_F(Export, AsDerIsTheSameCertificate) {
  const auto der = as(ExportFormat::der);
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const CertificatePtr read{d2i_X509(nullptr, &bytes, static_cast<long>(der.size()))};
  ASSERT_TRUE(read);
  EXPECT_EQ(fingerprint_of(read.get()), authority_->fingerprint());
}

TEST_F(Export, AsPkcs12OpensWithAnEmptyPasswordAndHoldsNoKey) {
  const auto der = as(ExportFormat::p12);
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<PKCS12, Releases<PKCS12_free>> file{d2i_PKCS12(nullptr, &bytes, static_cast<long>(der.size()))};
  ASSERT_TRUE(file);
  EVP_PKEY* key = nullptr;
  X509* own = nullptr;
  STACK_OF(X509)* others = nullptr;
  ASSERT_EQ(PKCS12_parse(file.get(), "", &key, &own, &others), 1);
  EXPECT_EQ(key, nullptr);
  EXPECT_EQ(own, nullptr);
  ASSERT_EQ(sk_X509_num(others), 1);
  EXPECT_EQ(fingerprint_of(sk_X509_value(others, 0)), authority_->fingerprint());
  sk_X509_pop_free(others, X509_free);
}

TEST_F(Export, AsMobileconfigHoldsTheCertificate) {
  const auto profile = as(ExportFormat::mobileconfig);
  const auto start = profile.find("<data>") + 6;
  EXPECT_EQ(text::base64_decode(profile.substr(start, profile.find("</data>") - start)), as(ExportFormat::der));
  EXPECT_THAT(profile, HasSubstr("com.apple.security.root"));
  EXPECT_THAT(profile, HasSubstr("Trusted for these hosts only: api.example.org"));
}

TEST_F(Export, AsMobileconfigIsTheSameEachTimeAndAnotherForAnotherAuthority) {
  EXPECT_EQ(as(ExportFormat::mobileconfig), as(ExportFormat::mobileconfig));
  const auto id = element_after(as(ExportFormat::mobileconfig), "PayloadUUID", "string");
  authority_ = Authority::init(scratch_ / "ca", {"api.example.org"}, true, SystemClock{}.now());
  EXPECT_NE(element_after(as(ExportFormat::mobileconfig), "PayloadUUID", "string"), id);
  EXPECT_THAT(id, ::testing::MatchesRegex("........-....-8...-A...-............"));
}

TEST_F(Export, NeverHoldsTheKey) {
  const auto key = test::content_of(scratch_ / "ca/ca.key");
  for (const auto format : {ExportFormat::pem, ExportFormat::der, ExportFormat::p12, ExportFormat::mobileconfig}) {
    EXPECT_THAT(as(format), Not(HasSubstr("PRIVATE")));
    EXPECT_THAT(as(format), Not(HasSubstr(key.substr(key.size() / 2, 20))));
  }
}

TEST(ExportFormat, IsKnownByName) {
  EXPECT_EQ(export_format_of("mobileconfig"), ExportFormat::mobileconfig);
  EXPECT_EQ(export_format_of("exe"), std::nullopt);
}

}  // namespace
}  // namespace cachearr::authority
