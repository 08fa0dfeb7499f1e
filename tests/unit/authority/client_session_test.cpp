#include "upstream_fixture.hpp"

namespace cachearr::authority {
namespace {

using ClientSession = ClientContext;

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

TEST_F(ClientSession, ACertificateThatItsStapleCallsRevokedIsRefused) {
  auto server = origin({});
  server.staple = staple_of(*root_, server.leaf, V_OCSP_CERTSTATUS_REVOKED);
  EXPECT_EQ(verdict(server), "the certificate is revoked (stapled OCSP answer)");
  server.max_version = TLS1_2_VERSION;
  EXPECT_EQ(verdict(server), "the certificate is revoked (stapled OCSP answer)");
}

TEST_F(ClientSession, ACertificateThatItsStapleCallsGoodIsAccepted) {
  auto server = origin({});
  server.staple = staple_of(*root_, server.leaf, V_OCSP_CERTSTATUS_GOOD);
  EXPECT_EQ(verdict(server), "");
}

TEST_F(ClientSession, AStapleOfSomebodyElseProvesNothing) {
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

TEST_F(ClientSession, ASecondConnectionToAHostResumesTheFirst) {
  auto server = origin({});
  EXPECT_TRUE(resumes(contexts_, roots_file_, server, "origin.test"));
  server.max_version = TLS1_2_VERSION;
  EXPECT_TRUE(resumes(contexts_, roots_file_, server, "origin.test"));
}

TEST_F(ClientSession, ASessionIsNotOfferedToAnotherHost) {
  EXPECT_FALSE(resumes(contexts_, roots_file_, origin({.names = "DNS:origin.test,DNS:b.test"}), "b.test"));
}

}  // namespace
}  // namespace cachearr::authority
