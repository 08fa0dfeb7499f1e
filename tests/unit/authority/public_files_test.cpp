#include "authority/public_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scratch.hpp"

namespace cachearr::authority {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PublicFiles : public ::testing::Test {
 protected:
  test::Scratch scratch_;
  Result<Authority> authority_ = Authority::init(scratch_ / "ca", {"api.example.org"}, false, SystemClock{}.now());
};

TEST_F(PublicFiles, HoldTheCertificateInEveryForm) {
  for (const auto* path : {"/ca.pem", "/ca.crt", "/ca.cer", "/ca.p12", "/ca.mobileconfig"}) {
    const auto file = public_file(*authority_, path, "http://proxy.lan:9797");
    ASSERT_TRUE(file) << path;
    EXPECT_FALSE(file->content.empty());
    EXPECT_EQ("/" + std::string{file->file_name}, path);
  }
  EXPECT_EQ(public_file(*authority_, "/ca.pem", "")->content, test::content_of(scratch_ / "ca/ca.pem"));
  EXPECT_EQ(public_file(*authority_, "/ca.pem", "")->media_type, "application/x-x509-ca-cert");
}

TEST_F(PublicFiles, HoldNothingElse) {
  for (const auto* path : {"/", "/ca.key", "/ca/", "/ca.pem/", "", "/ca/../ca.key"}) {
    EXPECT_FALSE(public_file(*authority_, path, "")) << path;
  }
}

TEST_F(PublicFiles, ThePageShowsFingerprintHostsAndSteps) {
  const auto file = public_file(*authority_, "/ca", "http://proxy.lan:9797");
  ASSERT_TRUE(file);
  EXPECT_THAT(file->content, HasSubstr(authority_->fingerprint()));
  EXPECT_THAT(file->content, HasSubstr("<code>api.example.org</code>"));
  EXPECT_THAT(file->content, HasSubstr("curl -fsS http://proxy.lan:9797/ca.pem"));
  EXPECT_EQ(file->media_type, "text/html; charset=utf-8");
}

TEST_F(PublicFiles, ThePageTakesNothingForMarkup) {
  const auto file = public_file(*authority_, "/ca", "http://<script>\"'&");
  ASSERT_TRUE(file);
  EXPECT_THAT(file->content, Not(HasSubstr("<script>")));
  EXPECT_THAT(file->content, HasSubstr("&lt;script&gt;&quot;&#39;&amp;/ca.pem"));
}

}  // namespace
}  // namespace cachearr::authority
