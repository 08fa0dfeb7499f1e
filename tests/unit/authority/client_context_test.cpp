#include "upstream_fixture.hpp"

namespace cachearr::authority {
namespace {

TEST_F(ClientContext, AGoodCertificateIsAccepted) { EXPECT_EQ(verdict(origin({})), ""); }

TEST_F(ClientContext, AGoodCertificateIsAcceptedOverTls12) {
  auto server = origin({});
  server.max_version = TLS1_2_VERSION;
  EXPECT_EQ(verdict(server), "");
}

TEST_F(ClientContext, AnExpiredCertificateIsRefusedWithItsDate) {
  const auto reason = verdict(origin({.starts_in = -9 * 86400, .ends_in = -86400}));
  EXPECT_EQ(reason.find("the certificate expired on 20"), 0U) << reason;
}

TEST_F(ClientContext, ACertificateOfTheFutureIsRefusedAndTheClockMentioned) {
  const auto reason = verdict(origin({.starts_in = 86400}));
  EXPECT_NE(reason.find("not valid before"), std::string::npos) << reason;
  EXPECT_NE(reason.find("clock"), std::string::npos) << reason;
}

TEST_F(ClientContext, ACertificateForAnotherHostIsRefusedAndNamesThatHost) {
  EXPECT_EQ(verdict(origin({.common_name = "other.test", .names = "DNS:other.test"})),
            "the certificate is for other.test, not for origin.test");
}

TEST_F(ClientContext, ManyNamesAreCountedInsteadOfListed) {
  EXPECT_EQ(verdict(origin({.names = "DNS:a.test,DNS:b.test,DNS:c.test,DNS:d.test,DNS:e.test"})),
            "the certificate is for a.test, b.test, c.test and 2 more, not for origin.test");
}

TEST_F(ClientContext, ASelfSignedCertificateIsRefused) {
  EXPECT_EQ(verdict(Origin{.leaf = make({})}), "the certificate is self-signed");
}

TEST_F(ClientContext, AnUnknownIssuerIsRefusedByName) {
  const auto evil = make(test::authority_wish("evil root"));
  const auto reason = verdict(Origin{.leaf = make({}, &evil)});
  EXPECT_EQ(reason.find("the certificate's issuer \"evil root\" is not trusted"), 0U) << reason;
}

TEST_F(ClientContext, AnUnknownRootSentAlongIsRefused) {
  const auto evil = make(test::authority_wish("evil root"));
  EXPECT_EQ(verdict(Origin{.leaf = make({}, &evil), .chain = {evil}}), "the chain ends in a root that is not trusted");
}

TEST_F(ClientContext, ACertificateWithoutNamesIsRefused) {
  const auto reason = verdict(origin({.common_name = "other.test", .names = ""}));
  EXPECT_EQ(reason.find("the certificate names no host"), 0U) << reason;
}

TEST_F(ClientContext, ACommonNameIsNoName) {
  const auto reason = verdict(origin({.names = ""}));
  EXPECT_EQ(reason.find("the certificate names no host"), 0U) << reason;
}

TEST_F(ClientContext, AWildcardUnderATopLevelDomainIsRefused) {
  EXPECT_EQ(verdict(origin({.names = "DNS:*.test"})), "the certificate is for *.test, not for origin.test");
}

TEST_F(ClientContext, AWildcardIsNotForTheNameItself) {
  EXPECT_EQ(verdict(origin({.names = "DNS:*.origin.test"})),
            "the certificate is for *.origin.test, not for origin.test");
}

TEST_F(ClientContext, AWildcardIsForOneLabel) {
  EXPECT_EQ(verdict(origin({.names = "DNS:*.origin.test"}), "api.origin.test"), "");
  EXPECT_NE(verdict(origin({.names = "DNS:*.origin.test"}), "a.b.origin.test"), "");
}

TEST_F(ClientContext, APartialWildcardIsRefused) {
  EXPECT_NE(verdict(origin({.names = "DNS:ap*.origin.test"}), "api.origin.test"), "");
}

TEST_F(ClientContext, ANameThatOnlyBeginsLikeTheHostIsRefused) {
  EXPECT_EQ(verdict(origin({.names = "DNS:origin.test.evil.test"})),
            "the certificate is for origin.test.evil.test, not for origin.test");
}

TEST_F(ClientContext, ASha1SignatureIsRefused) {
  EXPECT_EQ(verdict(origin({.digest = EVP_sha1()})), "the certificate is signed with a weak digest (SHA-1 or MD5)");
}

TEST_F(ClientContext, AKeyOf1024BitsIsRefused) {
  EXPECT_EQ(verdict(origin({.key = test::rsa_key(1024)})),
            "the certificate's key is too weak (less than 2048 bits RSA)");
}

TEST_F(ClientContext, AMissingIntermediateIsRefused) {
  const auto intermediate = make(test::authority_wish("test intermediate"), root_);
  const auto leaf = make({}, &intermediate);
  EXPECT_EQ(verdict(Origin{.leaf = leaf, .chain = {intermediate}}), "");
  const auto reason = verdict(Origin{.leaf = leaf});
  EXPECT_NE(reason.find("leaves out an intermediate"), std::string::npos) << reason;
}

TEST_F(ClientContext, ACertificateForClientsIsRefused) {
  EXPECT_EQ(verdict(origin({.extensions = {{"basicConstraints", "CA:FALSE"}, {"extendedKeyUsage", "clientAuth"}}})),
            "the certificate is not meant for a server (extended key usage)");
}

TEST_F(ClientContext, ACertificateIssuedByALeafIsRefused) {
  const auto leaf = make({.common_name = "a leaf"}, root_);
  EXPECT_EQ(verdict(Origin{.leaf = make({}, &leaf), .chain = {leaf}}),
            "the certificate was issued by one that may not issue certificates");
}

TEST_F(ClientContext, Tls10IsRefused) {
  auto server = origin({});
  server.max_version = TLS1_VERSION;
  EXPECT_EQ(verdict(server), "the server speaks only an old TLS version (before 1.2)");
}

TEST_F(ClientContext, Tls11IsRefused) {
  auto server = origin({});
  server.max_version = TLS1_1_VERSION;
  EXPECT_EQ(verdict(server), "the server speaks only an old TLS version (before 1.2)");
}

TEST_F(ClientContext, AnIssuerOutsideItsNameConstraintsIsRefused) {
  auto wish = test::authority_wish("constrained");
  wish.extensions.emplace_back("nameConstraints", "critical,permitted;DNS:allowed.test");
  const auto constrained = make(wish, root_);
  EXPECT_EQ(verdict(Origin{.leaf = make({}, &constrained), .chain = {constrained}}),
            "the certificate's issuer may not issue for this name (name constraints)");
}

TEST_F(ClientContext, AThousandNamesAreFine) {
  std::string names = "DNS:origin.test";
  for (int i = 0; i < 1000; ++i) names += ",DNS:host" + std::to_string(i) + ".test";
  EXPECT_EQ(verdict(origin({.names = names})), "");
}

TEST_F(ClientContext, TenThousandNamesAreTooLarge) {
  std::string names = "DNS:origin.test";
  for (int i = 0; i < 10'000; ++i) names += ",DNS:host" + std::to_string(i) + ".test";
  EXPECT_EQ(verdict(origin({.names = names})), "the server's certificates are larger than 100 KiB");
}

TEST_F(ClientContext, AHugeChainIsRefused) {
  std::vector<Identity> chain{make(test::authority_wish("link 0"), root_)};
  for (int i = 1; i < 30; ++i)
    chain.insert(chain.begin(), make(test::authority_wish("link " + std::to_string(i)), &chain.front()));
  EXPECT_EQ(verdict(Origin{.leaf = make({}, &chain.front()), .chain = chain}), "the chain of certificates is too long");
}

TEST_F(ClientContext, ARequestForAClientCertificateIsToldInTls13) {
  auto server = origin({});
  server.asks_for_client_certificate = true;
  EXPECT_EQ(verdict(server), "the server asks for a client certificate");
}

TEST_F(ClientContext, ARequestForAClientCertificateIsToldInTls12) {
  auto server = origin({});
  server.asks_for_client_certificate = true;
  server.max_version = TLS1_2_VERSION;
  const auto reason = verdict(server);
  EXPECT_NE(reason.find("client certificate"), std::string::npos) << reason;
}

TEST_F(ClientContext, AnAddressNeedsACertificateForThatAddress) {
  EXPECT_EQ(verdict(origin({.names = "IP:192.0.2.1"}), "192.0.2.1"), "");
  EXPECT_EQ(verdict(origin({.names = "IP:2001:db8::1"}), "[2001:db8::1]"), "");
  EXPECT_EQ(verdict(origin({.names = "IP:192.0.2.2"}), "192.0.2.1"),
            "the certificate is for 192.0.2.2, not for 192.0.2.1");
}

TEST_F(ClientContext, AnAddressIsNotSentAsServerName) {
  const auto context = contexts_.get({.ca_file = roots_file_});
  ASSERT_TRUE(context);
  const auto ssl = test::connection_of(context.value().get());
  SSL_set_connect_state(ssl.get());
  ASSERT_TRUE(prepare(ssl.get(), "192.0.2.1"));
  EXPECT_EQ(SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name), nullptr);
}

TEST_F(ClientContext, TheServerNameIsSentWithoutAFinalDot) {
  const auto context = contexts_.get({.ca_file = roots_file_});
  ASSERT_TRUE(context);
  const auto ssl = test::connection_of(context.value().get());
  SSL_set_connect_state(ssl.get());
  ASSERT_TRUE(prepare(ssl.get(), "origin.test."));
  EXPECT_STREQ(SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name), "origin.test");
}

TEST_F(ClientContext, AnEmptyHostCannotBePrepared) {
  const auto context = contexts_.get({.ca_file = roots_file_});
  ASSERT_TRUE(context);
  const auto ssl = test::connection_of(context.value().get());
  EXPECT_FALSE(prepare(ssl.get(), ""));
  EXPECT_FALSE(prepare(ssl.get(), std::string_view("origin.test\0.evil.test", 22)));
}

TEST_F(ClientContext, EqualSettingsShareOneContext) {
  const auto one = contexts_.get({.ca_file = roots_file_});
  const auto other = contexts_.get({.ca_file = roots_file_});
  const auto unverified = contexts_.get({.verify = false, .ca_file = roots_file_});
  ASSERT_TRUE(one && other && unverified);
  EXPECT_EQ(one.value(), other.value());
  EXPECT_NE(one.value(), unverified.value());
}

TEST_F(ClientContext, AFileThatHoldsNoCertificateIsAnErrorThatNamesIt) {
  const auto context = contexts_.get({.ca_file = "/nonexistent/roots.pem"});
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().what.find("/nonexistent/roots.pem could not be read"), 0U) << context.error().what;
}

TEST_F(ClientContext, OurOwnAuthorityIsNotBelievedEvenWhereItIsTrusted) {
  contexts_.reset(fingerprint_of(root_->certificate.get()));
  EXPECT_EQ(verdict(origin({})),
            "the certificate comes from this proxy's own authority: the name origin.test leads back to this proxy "
            "instead of to the upstream");
}

TEST_F(ClientContext, ASystemThatTrustsNothingTrustsNothing) {
  const auto context = contexts_.get({});
  ASSERT_TRUE(context);
  auto server = origin({});
  const auto server_side = server_context(server);
  const auto client_end = test::connection_of(context.value().get());
  const auto server_end = test::connection_of(server_side.get());
  ASSERT_TRUE(prepare(client_end.get(), "origin.test"));
  test::join(client_end.get(), server_end.get());
  EXPECT_FALSE(test::shake_hands(client_end.get(), server_end.get()));
  const auto reason = why(client_end.get());
  EXPECT_EQ(reason.find("the certificate's issuer \"test root\" is not trusted"), 0U) << reason;
}

TEST_F(ClientContext, WithoutVerificationAnythingIsAccepted) {
  const auto context = contexts_.get({.verify = false});
  ASSERT_TRUE(context);
  Origin server{.leaf = make({.names = "DNS:other.test", .ends_in = -60})};
  const auto server_side = server_context(server);
  const auto client_end = test::connection_of(context.value().get());
  const auto server_end = test::connection_of(server_side.get());
  ASSERT_TRUE(prepare(client_end.get(), "origin.test"));
  test::join(client_end.get(), server_end.get());
  EXPECT_TRUE(test::shake_hands(client_end.get(), server_end.get()));
}

}  // namespace
}  // namespace cachearr::authority
