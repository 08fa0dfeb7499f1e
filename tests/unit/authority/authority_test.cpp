#include "authority/authority.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "authority/openssl.hpp"
#include "support/certificates.hpp"
#include "support/scratch.hpp"

namespace cachearr::authority {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TimePoint real_now() { return SystemClock{}.now(); }

unsigned mode_of(const std::string& path) {
  struct stat seen {};
  EXPECT_EQ(stat(path.c_str(), &seen), 0);
  return seen.st_mode & 0777U;
}

class LocalAuthority : public ::testing::Test {
 protected:
  Result<Authority> init(const std::vector<std::string>& hosts, bool renew = false) const {
    return Authority::init(directory_, hosts, renew, real_now());
  }
  std::string why_not(const std::vector<std::string>& hosts) const {
    const auto made = init(hosts);
    return made ? "" : made.error().what;
  }
  std::string load_error() const {
    const auto loaded = Authority::load(directory_);
    return loaded ? "" : loaded.error().what;
  }

  test::Scratch scratch_;
  std::string directory_ = scratch_ / "state/ca";
};

/// What `openssl verify` would say of a leaf with `names`, signed with the authority's own key.
int verify(const Authority& authority, const std::string& names, const std::string& common_name = "") {
  test::Wish wish;
  wish.common_name = common_name;
  wish.names = names;
  const test::Identity issuer{{authority.key(), [](EVP_PKEY*) {}}, {authority.certificate(), [](X509*) {}}};
  const auto leaf = test::make(wish, &issuer);
  const StorePtr roots{X509_STORE_new()};
  X509_STORE_add_cert(roots.get(), authority.certificate());
  const std::unique_ptr<X509_STORE_CTX, Releases<X509_STORE_CTX_free>> check{X509_STORE_CTX_new()};
  X509_STORE_CTX_init(check.get(), roots.get(), leaf.certificate.get(), nullptr);
  X509_STORE_CTX_set_default(check.get(), "ssl_server");
  X509_verify_cert(check.get());
  return X509_STORE_CTX_get_error(check.get());
}

TEST_F(LocalAuthority, SignsForTheNamedHostsAndWhatIsBelowThem) {
  const auto made = init({"api.example.org", "*.listed.example"});
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_EQ(verify(*made, "DNS:api.example.org"), X509_V_OK);
  EXPECT_EQ(verify(*made, "DNS:listed.example"), X509_V_OK);
  EXPECT_EQ(verify(*made, "DNS:a.listed.example"), X509_V_OK);
  EXPECT_EQ(verify(*made, "DNS:*.listed.example"), X509_V_OK);
}

TEST_F(LocalAuthority, ALeafForAForeignHostIsRefusedByVerifiers) {
  const auto made = init({"api.example.org"});
  ASSERT_TRUE(made);
  EXPECT_EQ(verify(*made, "DNS:bank.example"), X509_V_ERR_PERMITTED_VIOLATION);
  EXPECT_EQ(verify(*made, "DNS:example.org"), X509_V_ERR_PERMITTED_VIOLATION);
  EXPECT_EQ(verify(*made, "DNS:xapi.example.org"), X509_V_ERR_PERMITTED_VIOLATION);
}

TEST_F(LocalAuthority, ALeafThatMixesNamesIsRefusedByVerifiers) {
  const auto made = init({"api.example.org"});
  ASSERT_TRUE(made);
  EXPECT_EQ(verify(*made, "DNS:api.example.org,DNS:bank.example"), X509_V_ERR_PERMITTED_VIOLATION);
}

TEST_F(LocalAuthority, AForeignCommonNameIsRefusedByVerifiers) {
  const auto made = init({"api.example.org"});
  ASSERT_TRUE(made);
  EXPECT_EQ(verify(*made, "", "bank.example"), X509_V_ERR_PERMITTED_VIOLATION);
}

TEST_F(LocalAuthority, ALeafForAnAddressIsRefusedByVerifiers) {
  const auto made = init({"api.example.org"});
  ASSERT_TRUE(made);
  EXPECT_EQ(verify(*made, "IP:192.0.2.1"), X509_V_ERR_EXCLUDED_VIOLATION);
  EXPECT_EQ(verify(*made, "IP:2001:db8::1"), X509_V_ERR_EXCLUDED_VIOLATION);
}

TEST_F(LocalAuthority, ItsConstraintsAreCriticalAndItIssuesNoOtherAuthority) {
  const auto made = init({"api.example.org"});
  ASSERT_TRUE(made);
  X509* x = made->certificate();
  for (const int nid : {NID_name_constraints, NID_basic_constraints, NID_key_usage}) {
    const int at = X509_get_ext_by_NID(x, nid, -1);
    ASSERT_GE(at, 0);
    EXPECT_EQ(X509_EXTENSION_get_critical(X509_get_ext(x, at)), 1);
  }
  EXPECT_EQ(X509_get_pathlen(x), 0);
  EXPECT_EQ(X509_get_key_usage(x), static_cast<unsigned>(KU_KEY_CERT_SIGN));
  EXPECT_EQ(EVP_PKEY_get_bits(X509_get0_pubkey(x)), 256);
}

TEST_F(LocalAuthority, LivesTwoYears) {
  const auto made = init({"api.example.org"});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->not_after() - made->not_before(), std::chrono::days{730});
  EXPECT_LT(made->not_before(), real_now());
}

TEST_F(LocalAuthority, KeepsItsFilesToItsOwner) {
  ASSERT_TRUE(init({"api.example.org"}));
  EXPECT_EQ(mode_of(directory_), 0700U);
  EXPECT_EQ(mode_of(directory_ + "/ca.key"), 0600U);
  EXPECT_EQ(mode_of(directory_ + "/ca.pem"), 0644U);
}

TEST_F(LocalAuthority, IsReadBackAsItWasMade) {
  const auto made = init({"*.Listed.Example", "api.example.org."});
  ASSERT_TRUE(made);
  const auto loaded = Authority::load(directory_);
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->fingerprint(), made->fingerprint());
  EXPECT_EQ(loaded->name(), made->name());
  EXPECT_THAT(loaded->hosts(), ElementsAre("api.example.org", "listed.example"));
}

TEST_F(LocalAuthority, AFingerprintIsWrittenAsClientsShowIt) {
  const auto made = init({"api.example.org"});
  ASSERT_TRUE(made);
  EXPECT_THAT(made->fingerprint(), ::testing::MatchesRegex("([0-9A-F][0-9A-F]:)*[0-9A-F][0-9A-F]"));
  EXPECT_EQ(made->fingerprint().size(), 95U);
}

TEST_F(LocalAuthority, ASecondInitIsRefused) {
  ASSERT_TRUE(init({"api.example.org"}));
  EXPECT_THAT(why_not({"api.example.org"}), HasSubstr("--renew"));
}

TEST_F(LocalAuthority, ARenewedAuthorityIsAnotherOne) {
  const auto first = init({"api.example.org"});
  const auto second = init({"api.example.org", "new.example"}, true);
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->name(), second->name());
  EXPECT_NE(first->fingerprint(), second->fingerprint());
  EXPECT_TRUE(second->covers("new.example"));
  EXPECT_EQ(Authority::load(directory_)->fingerprint(), second->fingerprint());
}

TEST_F(LocalAuthority, LeavesNoOtherFilesBehind) {
  ASSERT_TRUE(init({"api.example.org"}));
  ASSERT_TRUE(init({"api.example.org"}, true));
  const std::filesystem::directory_iterator files{directory_};
  EXPECT_EQ(std::distance(begin(files), end(files)), 2);
}

TEST_F(LocalAuthority, ExistsOnceItWasMade) {
  EXPECT_FALSE(Authority::exists(directory_));
  ASSERT_TRUE(init({"api.example.org"}));
  EXPECT_TRUE(Authority::exists(directory_));
}

TEST_F(LocalAuthority, NamesTheHostsItDoesNotCover) {
  const auto made = init({"api.example.org", "*.listed.example"});
  ASSERT_TRUE(made);
  EXPECT_THAT(made->not_covered({"api.example.org", "x.listed.example", "*.new.example", "other.example"}),
              ElementsAre("*.new.example", "other.example"));
}

TEST_F(LocalAuthority, CoversNamesInAnyCaseAndNoAddresses) {
  const auto made = init({"api.example.org"});
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->covers("API.example.ORG."));
  EXPECT_FALSE(made->covers("example.org"));
  EXPECT_FALSE(made->covers("192.0.2.1"));
  EXPECT_FALSE(made->covers(""));
}

TEST_F(LocalAuthority, IsNotMadeForNothing) { EXPECT_THAT(why_not({}), HasSubstr("no rule intercepts")); }

TEST_F(LocalAuthority, IsNotMadeForATopLevelDomain) { EXPECT_THAT(why_not({"*.com"}), HasSubstr("top-level domain")); }

TEST_F(LocalAuthority, IsNotMadeForAddressesOrNonsense) {
  EXPECT_THAT(why_not({"192.0.2.1"}), HasSubstr("no host name"));
  EXPECT_THAT(why_not({"a.example,permitted;DNS:bank.example"}), HasSubstr("no host name"));
  EXPECT_THAT(why_not({"*"}), HasSubstr("no host name"));
}

TEST_F(LocalAuthority, AMissingOneIsToldWithTheCommandThatMakesIt) {
  EXPECT_THAT(load_error(), HasSubstr("cachearr ca init"));
}

TEST_F(LocalAuthority, AKeyThatOthersMayReadIsRefused) {
  ASSERT_TRUE(init({"api.example.org"}));
  chmod((directory_ + "/ca.key").c_str(), 0640);
  EXPECT_THAT(load_error(), HasSubstr("chmod 0600"));
}

TEST_F(LocalAuthority, ADirectoryThatOthersMayEnterIsRefused) {
  ASSERT_TRUE(init({"api.example.org"}));
  chmod(directory_.c_str(), 0750);
  EXPECT_THAT(load_error(), HasSubstr("chmod 0700"));
}

TEST_F(LocalAuthority, AKeyBehindASymbolicLinkIsRefused) {
  ASSERT_TRUE(init({"api.example.org"}));
  std::filesystem::rename(directory_ + "/ca.key", scratch_ / "elsewhere");
  std::filesystem::create_symlink(scratch_ / "elsewhere", directory_ + "/ca.key");
  EXPECT_THAT(load_error(), HasSubstr("ca.key could not be opened"));
}

TEST_F(LocalAuthority, AnotherAuthoritysKeyIsRefused) {
  ASSERT_TRUE(init({"api.example.org"}));
  ASSERT_TRUE(Authority::init(scratch_ / "other", {"api.example.org"}, false, real_now()));
  std::filesystem::copy_file(scratch_ / "other/ca.key", directory_ + "/ca.key",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(load_error(), HasSubstr("is not the key of"));
}

TEST_F(LocalAuthority, ADamagedCertificateIsRefused) {
  ASSERT_TRUE(init({"api.example.org"}));
  std::filesystem::resize_file(directory_ + "/ca.pem", 100);
  EXPECT_THAT(load_error(), HasSubstr("is not a certificate"));
}

TEST_F(LocalAuthority, AnAuthorityWithoutLimitsIsRefused) {
  ASSERT_TRUE(init({"api.example.org"}));
  const auto loaded = Authority::load(directory_);
  auto wish = test::authority_wish("unlimited");
  wish.key = {loaded->key(), [](EVP_PKEY*) {}};
  const auto unlimited = test::make(wish);
  std::ofstream{directory_ + "/ca.pem"} << test::pem_of(unlimited.certificate.get());
  EXPECT_THAT(load_error(), HasSubstr("no critical name constraints"));
}

}  // namespace
}  // namespace cachearr::authority
