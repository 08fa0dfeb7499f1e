#include "http/head_scan.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

#include "net/head_parser.hpp"

namespace cachearr::net {
namespace {

const std::vector<std::string> kRequests{
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET http://api.example/x?y=1&z=%20 HTTP/1.1\r\nHost: api.example\r\nUser-Agent: Sonarr/4.0 (linux)\r\n"
    "Accept: */*\r\nConnection: keep-alive\r\nX-Api-Key:k \r\nEmpty:\r\n\r\n",
    "POST /x HTTP/1.0\r\nContent-Length: 12\r\nConnection: close\r\n\r\n",
    "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain; charset=\"utf-8\"\r\n\r\n"};
const std::vector<std::string> kResponses{
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: Mon, 30 Nov 2026 06:00:00 GMT\r\nETag: \"x\"\r\n\r\n",
    "HTTP/1.0 404 Not Found\r\nTransfer-Encoding: chunked\r\nServer: a (b)\r\nVary: Accept\r\n\r\n",
    "HTTP/1.1 304 \r\nConnection: close\r\n\r\n", "HTTP/1.1 599 ?\r\n\r\n"};
/// Never usual, so that the whole head goes to the parser; nothing follows from it otherwise.
constexpr std::string_view kUnusual = "Upgrade: x\r\n";

HeadParse parse(std::string_view bytes, http::RequestHead& into) { return parse_request_head(bytes, 8192, into); }
HeadParse parse(std::string_view bytes, http::ResponseHead& into) { return parse_response_head(bytes, 8192, into); }

bool equal_lines(const http::RequestHead& a, const http::RequestHead& b) {
  return a.method == b.method && a.method_text == b.method_text && a.target == b.target &&
         a.minor_version == b.minor_version;
}
bool equal_lines(const http::ResponseHead& a, const http::ResponseHead& b) {
  return a.status == b.status && a.reason == b.reason && a.minor_version == b.minor_version;
}

/// What is read in one pass is what the parser reads in it.
template <class Head>
bool check(const std::string& bytes) {
  Head scanned;
  const auto size = http::scan_head(bytes, scanned);
  if (size == 0) return false;
  auto unusual = bytes;
  unusual.insert(size - 2, kUnusual);
  Head parsed;
  const auto result = parse(unusual, parsed);
  EXPECT_EQ(result.kind, HeadParse::Kind::complete) << bytes << result.problem;
  EXPECT_EQ(result.consumed, size + kUnusual.size()) << bytes;
  EXPECT_TRUE(equal_lines(scanned, parsed)) << bytes;
  parsed.fields.remove(http::FieldId::upgrade);
  EXPECT_TRUE(std::equal(scanned.fields.begin(), scanned.fields.end(), parsed.fields.begin(), parsed.fields.end(),
                         [](const http::Field& a, const http::Field& b) {
                           return a.name == b.name && a.value == b.value && a.id == b.id;
                         }))
      << bytes;
  return true;
}

template <class Head>
void mutate(const std::vector<std::string>& heads) {
  constexpr std::string_view odd{
      "\r\n\t :,;=\"\0\x7F\x80\xFF"
      "aZ09/*HTTP",
      23};
  std::mt19937 random{7};
  const auto below = [&random](std::size_t end) { return random() % end; };
  std::size_t usual = 0;
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = heads[below(heads.size())];
    for (auto changes = below(3) + 1; changes > 0; --changes) {
      const auto at = below(bytes.size());
      switch (below(3)) {
        case 0: bytes[at] = odd[below(odd.size())]; break;
        case 1: bytes.insert(at, 1, odd[below(odd.size())]); break;
        default: bytes.erase(at, 1); break;
      }
    }
    usual += check<Head>(bytes) ? 1U : 0U;
  }
  EXPECT_GT(usual, 1000U);
}

TEST(UsualHeads, AreReadInOnePass) {
  for (const auto& bytes : kRequests) EXPECT_TRUE(check<http::RequestHead>(bytes)) << bytes;
  for (const auto& bytes : kResponses) EXPECT_TRUE(check<http::ResponseHead>(bytes)) << bytes;
}

TEST(UsualHeads, AreWhatTheParserReadsInThem) {
  mutate<http::RequestHead>(kRequests);
  mutate<http::ResponseHead>(kResponses);
}

TEST(UsualHeads, AreNoneThatSayTwiceWhereTheyEndOrOddly) {
  for (const auto* const lines :
       {"Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: Chunked\r\n", "Content-Length: +1\r\n", "Content-Length: 1, 1\r\n", "Content-Length:\r\n",
        "Content-Length: 1234567890123456789\r\n", "Connection: keep-alive, x\r\n", "Upgrade: websocket\r\n",
        "Folded: a\r\n b\r\n", "Space : a\r\n", "Bare: a\nb\r\n", ": none\r\n", "High: \xC3\xA4\r\n"}) {
    http::RequestHead head;
    EXPECT_EQ(http::scan_head("GET / HTTP/1.1\r\n" + std::string{lines} + "\r\n", head), 0U) << lines;
  }
}

TEST(UsualHeads, AreWholeOnly) {
  http::ResponseHead head;
  const auto& bytes = kResponses.front();
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_EQ(http::scan_head(bytes.substr(0, size), head), 0U);
  EXPECT_EQ(http::scan_head(bytes + "body", head), bytes.size());
}

TEST(UsualHeads, HaveNotTooManyFields) {
  std::string bytes = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 101; ++i) bytes += "A: b\r\n";
  http::RequestHead head;
  EXPECT_EQ(http::scan_head(bytes + "\r\n", head), 0U);
}

}  // namespace
}  // namespace cachearr::net
