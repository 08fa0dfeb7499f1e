#include "authority/leaf_cache.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iostream>
#include <set>
#include <thread>

#include "authority/certificates.hpp"
#include "authority/client_context.hpp"
#include "authority/distrust.hpp"
#include "support/certificates.hpp"
#include "support/scratch.hpp"
#include "support/tls_pair.hpp"

namespace cachearr::authority {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TimePoint system_now() { return SystemClock{}.now(); }

/// A client of the proxy: trusts the authority or does not, with the TLS it is told to use.
struct Client {
  explicit Client(const Authority* trusted) : context{SSL_CTX_new(TLS_client_method())} {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT);
    if (trusted != nullptr) X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), trusted->certificate());
  }
  void offer(const std::string& alpn) {
    SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                            static_cast<unsigned>(alpn.size()));
  }
  ContextPtr context;
};

class Leaves : public ::testing::Test {
 protected:
  Leaves() { cache_ = std::move(LeafCache::make(*authority_, clock_).value()); }

  X509* leaf_for(const std::string& host) {
    const auto leaf = cache_->mint(host);
    EXPECT_TRUE(leaf) << leaf.error().what;
    kept_.push_back(leaf.value());
    return leaf.value().get();
  }

  /// The client's end after a handshake with the leaf for `host`; null where it failed.
  SSL* connect(Client& client, const std::string& host, SSL_SESSION* session = nullptr, bool http2 = false) {
    auto accepting = cache_->connection(host, http2);
    EXPECT_TRUE(accepting) << accepting.error().what;
    server_end_ = std::move(accepting.value());
    client_end_ = test::connection_of(client.context.get());
    SSL_set_tlsext_host_name(client_end_.get(), host.c_str());
    SSL_set1_host(client_end_.get(), host.c_str());
    if (session != nullptr) SSL_set_session(client_end_.get(), session);
    test::join(client_end_.get(), server_end_.get());
    if (!test::shake_hands(client_end_.get(), server_end_.get())) return nullptr;
    test::pass(server_end_.get(), client_end_.get(), "hello");  // tickets come along
    return client_end_.get();
  }

  test::Scratch scratch_;
  ManualClock clock_{system_now()};
  Result<Authority> authority_ = Authority::init(scratch_ / "ca", {"*.example.org"}, false, clock_.now());
  std::unique_ptr<LeafCache> cache_;
  std::vector<LeafCache::CertificateHandle> kept_;
  test::Ssl client_end_{nullptr, &SSL_free};
  ConnectionHandle server_end_;
};

TEST_F(Leaves, AreBelievedByAClientThatTrustsTheAuthority) {
  Client client{&authority_.value()};
  EXPECT_NE(connect(client, "api.example.org"), nullptr);
}

TEST_F(Leaves, AreBelievedOverTls12) {
  Client client{&authority_.value()};
  SSL_CTX_set_max_proto_version(client.context.get(), TLS1_2_VERSION);
  EXPECT_NE(connect(client, "api.example.org"), nullptr);
}

TEST_F(Leaves, AreNotShownOverTls11) {
  Client client{&authority_.value()};
  SSL_CTX_set_security_level(client.context.get(), 0);
  SSL_CTX_set_min_proto_version(client.context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(client.context.get(), TLS1_1_VERSION);
  EXPECT_EQ(connect(client, "api.example.org"), nullptr);
}

std::string chosen_by(SSL* connection) {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(connection, &chosen, &size);
  return {reinterpret_cast<const char*>(chosen), size};
}

TEST_F(Leaves, ChooseHttp11WhereItIsOffered) {
  Client client{&authority_.value()};
  client.offer("\x02h2\x08http/1.1");
  EXPECT_EQ(chosen_by(connect(client, "api.example.org")), "http/1.1");
}

TEST_F(Leaves, NeverChooseH2WhereItIsNotAllowed) {
  Client client{&authority_.value()};
  client.offer("\x02h2");
  EXPECT_EQ(chosen_by(connect(client, "api.example.org")), "");
}

TEST_F(Leaves, ChooseH2WhereItIsAllowedAndOffered) {
  Client client{&authority_.value()};
  client.offer("\x08http/1.1\x02h2");
  EXPECT_EQ(chosen_by(connect(client, "api.example.org", nullptr, true)), "h2");
}

TEST_F(Leaves, ChooseHttp11WhereH2IsAllowedAndNotOffered) {
  Client client{&authority_.value()};
  client.offer("\x08http/1.1");
  EXPECT_EQ(chosen_by(connect(client, "api.example.org", nullptr, true)), "http/1.1");
}

TEST_F(Leaves, NameOneHostAndNothingElse) {
  X509* leaf = leaf_for("api.example.org");
  EXPECT_EQ(names_of(leaf, 9), "api.example.org");
  EXPECT_EQ(X509_NAME_entry_count(X509_get_subject_name(leaf)), 0);
  EXPECT_EQ(X509_get_extended_key_usage(leaf), static_cast<unsigned>(XKU_SSL_SERVER));
  EXPECT_EQ(X509_get_extension_flags(leaf) & EXFLAG_CA, 0U);
}

TEST_F(Leaves, LiveSevenDaysAndAreBackdatedByOneHour) {
  X509* leaf = leaf_for("api.example.org");
  const auto from = time_of(X509_get0_notBefore(leaf)), until = time_of(X509_get0_notAfter(leaf));
  EXPECT_EQ(until - from, std::chrono::days{7});
  EXPECT_EQ(std::chrono::floor<std::chrono::seconds>(clock_.now()) - from, 1h);
}

TEST_F(Leaves, DoNotOutliveTheAuthority) {
  clock_.advance(std::chrono::days{728});
  EXPECT_EQ(time_of(X509_get0_notAfter(leaf_for("api.example.org"))), authority_->not_after());
}

TEST_F(Leaves, AreNotMintedByAnExpiredAuthority) {
  clock_.advance(std::chrono::days{731});
  const auto leaf = cache_->mint("api.example.org");
  ASSERT_FALSE(leaf);
  EXPECT_THAT(leaf.error().what, HasSubstr("ca init --renew"));
}

TEST_F(Leaves, HaveSerialNumbersOfTheirOwn) {
  std::set<std::string> serials;
  for (int i = 0; i < 1000; ++i) {
    X509* leaf = leaf_for("h" + std::to_string(i) + ".example.org");
    BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), nullptr);
    char* text = BN_bn2hex(number);
    BN_free(number);
    serials.insert(text);
    EXPECT_EQ(std::string{text}.size(), 32U);
    OPENSSL_free(text);
    kept_.clear();
  }
  EXPECT_EQ(serials.size(), 1000U);
}

TEST_F(Leaves, ShareOneKey) {
  X509* one = leaf_for("a.example.org");
  X509* other = leaf_for("b.example.org");
  EXPECT_EQ(EVP_PKEY_eq(X509_get0_pubkey(one), X509_get0_pubkey(other)), 1);
  EXPECT_NE(EVP_PKEY_eq(X509_get0_pubkey(one), authority_->key()), 1);
}

TEST_F(Leaves, AreKeptForTheNextConnection) {
  EXPECT_EQ(leaf_for("api.example.org"), leaf_for("API.example.org."));
  EXPECT_EQ(cache_->minted(), 1U);
}

TEST_F(Leaves, AreIssuedAnewAfterHalfTheirLife) {
  X509* first = leaf_for("api.example.org");
  clock_.advance(80h);
  EXPECT_EQ(leaf_for("api.example.org"), first);
  clock_.advance(4h);
  EXPECT_NE(leaf_for("api.example.org"), first);
  EXPECT_EQ(cache_->size(), 1U);
}

TEST_F(Leaves, AreForgottenInTheOrderOfTheirUse) {
  auto small = std::move(LeafCache::make(*authority_, clock_, 2).value());
  const auto kept = small->mint("a.example.org").value();
  ASSERT_TRUE(small->mint("b.example.org"));
  ASSERT_TRUE(small->mint("a.example.org"));
  ASSERT_TRUE(small->mint("c.example.org"));
  EXPECT_EQ(small->size(), 2U);
  EXPECT_EQ(small->mint("a.example.org").value(), kept);
  EXPECT_EQ(small->minted(), 3U);
}

TEST_F(Leaves, AreRefusedOutsideTheConstraints) {
  for (const auto* host : {"bank.example", "192.0.2.1", "", "a b.example.org", "a.example.org,DNS:bank.example"}) {
    const auto connection = cache_->connection(host);
    ASSERT_FALSE(connection) << host;
    EXPECT_THAT(connection.error().what, HasSubstr("may not sign for"));
  }
}

TEST_F(Leaves, OnConnectionsOutliveTheirCache) {
  Client client{&authority_.value()};
  const std::string host = "api.example.org";
  auto server_end = std::move(cache_->connection(host).value());
  cache_.reset();
  const auto client_end = test::connection_of(client.context.get());
  test::join(client_end.get(), server_end.get());
  EXPECT_TRUE(test::shake_hands(client_end.get(), server_end.get()));
}

TEST_F(Leaves, AreMintedByManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this, i] {
      for (int n = 0; n < 50; ++n) {
        EXPECT_TRUE(cache_->mint("h" + std::to_string((n + i) % 20) + ".example.org"));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(cache_->size(), 20U);
}

TEST_F(Leaves, TellWhatTheyCost) {
  constexpr int count = 200;
  const auto started = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) ASSERT_TRUE(cache_->mint("c" + std::to_string(i) + ".example.org"));
  const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - started;
  RecordProperty("microseconds_per_mint", static_cast<int>(taken.count() / count));
  std::cout << "one mint takes " << static_cast<int>(taken.count() / count) << " us in this build\n";
}

class Tickets : public Leaves, public ::testing::WithParamInterface<int> {
 protected:
  Tickets() { SSL_CTX_set_max_proto_version(client_.context.get(), GetParam()); }
  SessionPtr session_of(const std::string& host) {
    SSL* connection = connect(client_, host);
    EXPECT_NE(connection, nullptr);
    SSL_shutdown(connection);
    return SessionPtr{SSL_get1_session(connection)};
  }
  bool resumes(const std::string& host, SSL_SESSION* session) {
    SSL* connection = connect(client_, host, session);
    return connection != nullptr && SSL_session_reused(connection) == 1;
  }
  Client client_{&authority_.value()};
};

TEST_P(Tickets, ResumeASession) {
  const auto session = session_of("api.example.org");
  EXPECT_TRUE(resumes("api.example.org", session.get()));
}

TEST_P(Tickets, AreGoodAcrossOneChangeOfKeysAndNotAcrossTwo) {
  const auto session = session_of("api.example.org");
  clock_.advance(7h);
  EXPECT_TRUE(resumes("api.example.org", session.get()));
  clock_.advance(6h);
  EXPECT_FALSE(resumes("api.example.org", session.get()));
}

TEST_P(Tickets, AreForgottenAfterTwelveHoursOfSilence) {
  const auto session = session_of("api.example.org");
  clock_.advance(12h);
  EXPECT_FALSE(resumes("api.example.org", session.get()));
}

TEST_P(Tickets, OfOneHostAreNoneForAnother) {
  const auto session = session_of("a.example.org");
  EXPECT_FALSE(resumes("b.example.org", session.get()));
}

INSTANTIATE_TEST_SUITE_P(Versions, Tickets, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) { return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13"; });

class Distrust : public Leaves, public ::testing::WithParamInterface<int> {};

TEST_P(Distrust, OfAClientThatDoesNotKnowTheAuthorityIsTold) {
  Client client{nullptr};
  SSL_CTX_set_max_proto_version(client.context.get(), GetParam());
  EXPECT_EQ(connect(client, "api.example.org"), nullptr);
  ERR_clear_error();
  SSL_do_handshake(server_end_.get());  // reads the alert
  const auto sentence = distrust_of(server_end_.get());
  ASSERT_TRUE(sentence);
  EXPECT_THAT(*sentence, HasSubstr("api.example.org (TLS alert unknown_ca)"));
}

TEST_P(Distrust, IsNotWhatAnotherFailureIs) {
  Client client{&authority_.value()};
  SSL_CTX_set_max_proto_version(client.context.get(), GetParam());
  ASSERT_NE(connect(client, "api.example.org"), nullptr);
  EXPECT_FALSE(distrust_of(server_end_.get()));
}

INSTANTIATE_TEST_SUITE_P(Versions, Distrust, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) { return version.param == TLS1_2_VERSION ? "Tls12" : "Tls13"; });

TEST_F(Leaves, AreNotBelievedAsAnUpstream) {
  const auto server_end = cache_->connection("api.example.org");
  ClientContexts contexts{authority_->fingerprint()};
  const auto upstream = contexts.get({.ca_file = scratch_ / "ca/ca.pem"});
  ASSERT_TRUE(server_end && upstream);
  const auto client_end = test::connection_of(upstream.value().get());
  ASSERT_TRUE(prepare(client_end.get(), "api.example.org"));
  test::join(client_end.get(), server_end.value().get());
  EXPECT_FALSE(test::shake_hands(client_end.get(), server_end.value().get()));
  EXPECT_THAT(why(client_end.get()), HasSubstr("this proxy's own authority"));
}

}  // namespace
}  // namespace cachearr::authority
