#include "authority/client_context.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "authority/openssl.hpp"
#include "support/certificates.hpp"
#include "support/scratch.hpp"
#include "support/tls_pair.hpp"

namespace cachearr::authority {
namespace {

using test::Identity;
using test::make;
using test::Wish;

/// What a server shows; anything else about it may be bent by a test.
struct Origin {
  Identity leaf;
  std::vector<Identity> chain = {};
  int max_version = TLS1_3_VERSION;
  bool asks_for_client_certificate = false;
  std::string staple = {};  // DER of an OCSP answer
};

int send_staple(SSL* ssl, void* origin) {
  const auto& staple = static_cast<Origin*>(origin)->staple;
  if (staple.empty()) return SSL_TLSEXT_ERR_NOACK;
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(staple.data(), staple.size()));
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(staple.size()));
  return SSL_TLSEXT_ERR_OK;
}

ContextPtr server_context(Origin& origin) {
  ContextPtr context{SSL_CTX_new(TLS_server_method())};
  SSL_CTX_set_security_level(context.get(), 0);  // a server that does not care
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), origin.max_version);
  SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");
  SSL_CTX_use_certificate(context.get(), origin.leaf.certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), origin.leaf.key.get());
  for (const auto& link : origin.chain) SSL_CTX_add1_chain_cert(context.get(), link.certificate.get());
  if (origin.asks_for_client_certificate) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  SSL_CTX_set_tlsext_status_cb(context.get(), &send_staple);
  SSL_CTX_set_tlsext_status_arg(context.get(), &origin);
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>("t"), 1);
  return context;
}

/// Roots of these tests, made once; RSA only where a test is about RSA.
class ClientContext : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    root_ = new Identity{make(test::authority_wish())};
    scratch_ = new test::Scratch;
    roots_file_ = scratch_->file("roots.pem", test::pem_of(root_->certificate.get()));
  }
  static void TearDownTestSuite() {
    delete scratch_;
    delete root_;
  }

  static Origin origin(const Wish& wish) { return Origin{.leaf = make(wish, root_)}; }

  /// Connects to `origin` as `host`; empty: accepted, else why not.
  std::string verdict(Origin origin, const std::string& host = "origin.test") {
    const auto context = contexts_.get({.verify = true, .ca_file = roots_file_});
    if (!context) return context.error().what;
    const auto server = server_context(origin);
    const auto client_end = test::connection_of(context.value().get());
    const auto server_end = test::connection_of(server.get());
    if (!prepare(client_end.get(), host)) return "not a host";
    test::join(client_end.get(), server_end.get());
    if (!test::shake_hands(client_end.get(), server_end.get())) return why(client_end.get());
    return first_answer(client_end.get(), server_end.get());
  }

  /// With TLS 1.3 a server may still refuse after the client's handshake is done.
  static std::string first_answer(SSL* client, SSL* server) {
    ERR_clear_error();
    if (test::pass(server, client, "hello") == "hello") return {};
    return why(client);
  }

  static Identity* root_;
  static test::Scratch* scratch_;
  static std::string roots_file_;
  ClientContexts contexts_;
};

Identity* ClientContext::root_ = nullptr;
test::Scratch* ClientContext::scratch_ = nullptr;
std::string ClientContext::roots_file_;

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

/// An OCSP answer of `signer` that calls `leaf` revoked, or good.
std::string staple_of(const Identity& signer, const Identity& leaf, int status) {
  const std::unique_ptr<OCSP_BASICRESP, Releases<OCSP_BASICRESP_free>> basic{OCSP_BASICRESP_new()};
  OCSP_CERTID* id = OCSP_cert_to_id(nullptr, leaf.certificate.get(), signer.certificate.get());
  ASN1_TIME* now = X509_gmtime_adj(nullptr, -60);
  OCSP_basic_add1_status(basic.get(), id, status, 0, status == V_OCSP_CERTSTATUS_REVOKED ? now : nullptr, now, nullptr);
  OCSP_basic_sign(basic.get(), signer.certificate.get(), signer.key.get(), EVP_sha256(), nullptr, 0);
  OCSP_CERTID_free(id);
  ASN1_TIME_free(now);
  const std::unique_ptr<OCSP_RESPONSE, Releases<OCSP_RESPONSE_free>> answer{
      OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get())};
  std::string der(static_cast<std::size_t>(i2d_OCSP_RESPONSE(answer.get(), nullptr)), '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(der.data());
  i2d_OCSP_RESPONSE(answer.get(), &bytes);
  return der;
}

TEST_F(ClientContext, ACertificateThatItsStapleCallsRevokedIsRefused) {
  auto server = origin({});
  server.staple = staple_of(*root_, server.leaf, V_OCSP_CERTSTATUS_REVOKED);
  EXPECT_EQ(verdict(server), "the certificate is revoked (stapled OCSP answer)");
  server.max_version = TLS1_2_VERSION;
  EXPECT_EQ(verdict(server), "the certificate is revoked (stapled OCSP answer)");
}

TEST_F(ClientContext, ACertificateThatItsStapleCallsGoodIsAccepted) {
  auto server = origin({});
  server.staple = staple_of(*root_, server.leaf, V_OCSP_CERTSTATUS_GOOD);
  EXPECT_EQ(verdict(server), "");
}

TEST_F(ClientContext, AStapleOfSomebodyElseProvesNothing) {
  auto server = origin({});
  server.staple = staple_of(make(test::authority_wish("evil root")), server.leaf, V_OCSP_CERTSTATUS_REVOKED);
  EXPECT_EQ(verdict(server), "");
}

/// Two connections in a row; whether the second resumed the first one's session.
bool resumes(ClientContexts& contexts, const std::string& roots, Origin server, const std::string& second_host) {
  const auto context = contexts.get({.ca_file = roots});
  const auto server_side = server_context(server);
  bool resumed = false;
  for (const auto& host : {std::string{"origin.test"}, second_host}) {
    const auto client_end = test::connection_of(context.value().get());
    const auto server_end = test::connection_of(server_side.get());
    EXPECT_TRUE(prepare(client_end.get(), host));
    test::join(client_end.get(), server_end.get());
    EXPECT_TRUE(test::shake_hands(client_end.get(), server_end.get())) << why(client_end.get());
    EXPECT_EQ(test::pass(server_end.get(), client_end.get(), "hello"), "hello");
    resumed = SSL_session_reused(client_end.get()) == 1;
    SSL_shutdown(client_end.get());
  }
  return resumed;
}

TEST_F(ClientContext, ASecondConnectionToAHostResumesTheFirst) {
  auto server = origin({});
  EXPECT_TRUE(resumes(contexts_, roots_file_, server, "origin.test"));
  server.max_version = TLS1_2_VERSION;
  EXPECT_TRUE(resumes(contexts_, roots_file_, server, "origin.test"));
}

TEST_F(ClientContext, ASessionIsNotOfferedToAnotherHost) {
  EXPECT_FALSE(resumes(contexts_, roots_file_, origin({.names = "DNS:origin.test,DNS:b.test"}), "b.test"));
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
