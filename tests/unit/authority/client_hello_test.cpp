#include "authority/client_hello.hpp"

#include <gtest/gtest.h>

#include "authority/openssl.hpp"
#include "support/tls_pair.hpp"

namespace cachearr::authority {
namespace {

using Kind = ClientHello::Kind;

/// What a real client sends first.
std::string first_bytes(const std::string& host, const std::string& alpn = "") {
  const ContextPtr context{SSL_CTX_new(TLS_client_method())};
  if (!alpn.empty()) {
    SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                            static_cast<unsigned>(alpn.size()));
  }
  const auto ssl = test::connection_of(context.get());
  if (!host.empty()) SSL_set_tlsext_host_name(ssl.get(), host.c_str());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), out);
  SSL_connect(ssl.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  return {data, static_cast<std::size_t>(size)};
}

/// The same message with at most `most` bytes in each record.
std::string in_records_of(const std::string& hello, std::size_t most) {
  std::string out;
  for (std::size_t at = 5; at < hello.size(); at += most) {
    const auto size = std::min(most, hello.size() - at);
    out += std::string{"\x16\x03\x01", 3} + static_cast<char>(size >> 8U) + static_cast<char>(size & 255U);
    out += hello.substr(at, size);
  }
  return out;
}

TEST(ReadClientHello, TellsTheServerName) {
  const auto read = read_client_hello(first_bytes("API.example.org"));
  EXPECT_EQ(read.kind, Kind::hello);
  EXPECT_EQ(read.server_name, "api.example.org");
}

/// A hello with these cipher suites and empty extensions.
std::string hello_of(const std::vector<unsigned>& suites, const std::vector<unsigned>& extensions) {
  const auto number = [](std::size_t value, int width) {
    std::string out;
    for (int i = width - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 255U);
    return out;
  };
  std::string ciphers, kinds;
  for (const auto suite : suites) ciphers += number(suite, 2);
  for (const auto extension : extensions) kinds += number(extension, 2) + number(0, 2);
  const auto body = "\x03\x03" + std::string(32, 'r') + number(0, 1) + number(ciphers.size(), 2) + ciphers +
                    number(1, 1) + number(0, 1) + number(kinds.size(), 2) + kinds;
  const auto message = number(1, 1) + number(body.size(), 3) + body;
  return std::string{"\x16\x03\x01", 3} + number(message.size(), 2) + message;
}

std::uint64_t fingerprint(const std::vector<unsigned>& suites, const std::vector<unsigned>& extensions) {
  const auto read = read_client_hello(hello_of(suites, extensions));
  EXPECT_EQ(read.kind, Kind::hello);
  return read.fingerprint;
}

TEST(ReadClientHello, KnowsAProgramByWhatItAlwaysSays) {
  const auto one = fingerprint({0x1301, 0xC02F}, {10, 11, 13});
  EXPECT_EQ(one, fingerprint({0x1301, 0xC02F}, {13, 10, 11}));
  EXPECT_EQ(one, fingerprint({0x5A5A, 0x1301, 0xC02F}, {0x1A1A, 10, 11, 13, 0xFAFA}));
  EXPECT_EQ(one, fingerprint({0x1301, 0xC02F}, {10, 11, 13, 21, 35, 41, 42, 44}));
  EXPECT_EQ(read_client_hello(first_bytes("a.example.org")).fingerprint,
            read_client_hello(first_bytes("b.example.org")).fingerprint);
}

TEST(ReadClientHello, TellsAnotherProgramByItsCiphersAndExtensions) {
  const auto one = fingerprint({0x1301, 0xC02F}, {10, 11, 13});
  EXPECT_NE(one, fingerprint({0xC02F, 0x1301}, {10, 11, 13}));
  EXPECT_NE(one, fingerprint({0x1301}, {10, 11, 13}));
  EXPECT_NE(one, fingerprint({0x1301, 0xC02F}, {10, 11}));
  EXPECT_NE(one, fingerprint({0x1301, 0xC02F}, {10, 11, 13, 16}));
}

TEST(ReadClientHello, TellsThatThereIsNoServerName) {
  const auto read = read_client_hello(first_bytes(""));
  EXPECT_EQ(read.kind, Kind::hello);
  EXPECT_EQ(read.server_name, "");
}

TEST(ReadClientHello, AnAddressIsNoServerName) {
  EXPECT_EQ(read_client_hello(first_bytes("192.0.2.1")).server_name, "");
}

TEST(ReadClientHello, TellsWhetherHttp11IsOffered) {
  EXPECT_TRUE(read_client_hello(first_bytes("a.example")).offers_http_1_1);
  EXPECT_TRUE(read_client_hello(first_bytes("a.example", "\x02h2\x08http/1.1")).offers_http_1_1);
  EXPECT_FALSE(read_client_hello(first_bytes("a.example", "\x02h2")).offers_http_1_1);
}

TEST(ReadClientHello, TellsWhetherHttp2IsOffered) {
  EXPECT_FALSE(read_client_hello(first_bytes("a.example")).offers_http2);
  EXPECT_FALSE(read_client_hello(first_bytes("a.example", "\x08http/1.1")).offers_http2);
  EXPECT_TRUE(read_client_hello(first_bytes("a.example", "\x02h2\x08http/1.1")).offers_http2);
}

TEST(ReadClientHello, EveryBeginningIsIncomplete) {
  const auto whole = first_bytes("api.example.org");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ASSERT_EQ(read_client_hello(whole.substr(0, size)).kind, Kind::incomplete) << size;
  }
}

TEST(ReadClientHello, MayBeSpreadOverRecords) {
  const auto hello = first_bytes("api.example.org");
  for (const std::size_t most : {1U, 3U, 4U, 100U}) {
    const auto spread = in_records_of(hello, most);
    EXPECT_EQ(read_client_hello(spread).server_name, "api.example.org") << most;
    EXPECT_EQ(read_client_hello(spread.substr(0, spread.size() - 1)).kind, Kind::incomplete) << most;
  }
}

TEST(ReadClientHello, WhatFollowsItDoesNotMatter) {
  EXPECT_EQ(read_client_hello(first_bytes("api.example.org") + "GET / HTTP/1.1").server_name, "api.example.org");
}

TEST(ReadClientHello, HttpIsNotTls) { EXPECT_EQ(read_client_hello("GET / HTTP/1.1\r\n").kind, Kind::not_tls); }

TEST(ReadClientHello, OtherRecordsAndMessagesAreNotTls) {
  EXPECT_EQ(read_client_hello(std::string_view{"\x17\x03\x03\x00\x01\x01", 6}).kind, Kind::not_tls);
  EXPECT_EQ(read_client_hello(std::string_view{"\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9}).kind, Kind::not_tls);
  EXPECT_EQ(read_client_hello(std::string_view{"\x16\x02\x00", 3}).kind, Kind::not_tls);
  EXPECT_EQ(read_client_hello(std::string_view{"\x16\x03\x01\x00\x00", 5}).kind, Kind::not_tls);
}

TEST(ReadClientHello, AnEndlessMessageIsNotWaitedFor) {
  EXPECT_EQ(read_client_hello(std::string_view{"\x16\x03\x01\x40\x00\x01\xff\xff\xff", 9}).kind, Kind::not_tls);
}

TEST(ReadClientHello, ChangedBytesNeverLeadOutside) {
  const auto whole = first_bytes("api.example.org", "\x02h2\x08http/1.1");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char value : {'\x00', '\x01', '\x7f', '\xff'}) {
      auto changed = whole;
      changed[at] = value;
      read_client_hello(changed);
    }
  }
}

}  // namespace
}  // namespace cachearr::authority
