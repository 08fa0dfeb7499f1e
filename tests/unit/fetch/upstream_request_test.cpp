#include "fetch/upstream_request.hpp"

#include <gmock/gmock.h>

#include "unit/pipeline/heads.hpp"

namespace cachearr::fetch {
namespace {

using test::Asked;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

pipeline::Route route_to(std::string path = "/3/tv") {
  pipeline::Route route;
  route.target.scheme = "http";
  route.target.host = "api.test";
  route.target.path = std::move(path);
  route.connect_scheme = "http";
  route.connect_host = "10.0.0.1";
  route.connect_port = 8989;
  route.host_field = "api.test";
  return route;
}

class UpstreamRequestTest : public ::testing::Test {
 protected:
  UpstreamRequest from(const Asked& asked) const { return {asked.head, route_, asked.framing, "token-7", {}}; }
  std::string composed(const Asked& asked) const { return compose(from(asked)); }
  std::string with_fields(const std::string& lines) const {
    return composed(Asked{"GET /x", "Host: a.test\r\n" + lines});
  }
  pipeline::Route route_ = route_to();
};

TEST_F(UpstreamRequestTest, AsksInOurCodingsWhateverTheClientTakes) {
  for (const std::string sent :
       {"", "Accept-Encoding: br\r\n", "Accept-Encoding: identity\r\naccept-encoding: br\r\n"}) {
    const Asked asked{"GET /x", "Host: a.test\r\n" + sent};
    auto request = from(asked);
    EXPECT_THAT(compose(request), HasSubstr(sent)) << "what is not negotiated goes as the client said it";
    request.negotiates = true;
    const auto text = compose(request);
    EXPECT_THAT(text, HasSubstr("\r\nAccept-Encoding: gzip\r\n"));
    EXPECT_THAT(text, Not(HasSubstr("br")));
    EXPECT_THAT(text, Not(HasSubstr("identity")));
  }
}

TEST_F(UpstreamRequestTest, NamesTheEffectiveTargetAndHost) {
  const Asked asked{"GET /tmdb/3/tv?x", "Host: localhost:9797\r\n"};
  EXPECT_EQ(composed(asked), "GET /3/tv HTTP/1.1\r\nHost: api.test\r\nVia: 1.1 cachearr\r\nCDN-Loop: token-7\r\n\r\n");
  route_.target.has_query = true;
  EXPECT_THAT(composed(asked), StartsWith("GET /3/tv? HTTP/1.1\r\n"));
  route_.target.query = "a=%20&b";
  EXPECT_THAT(composed(asked), StartsWith("GET /3/tv?a=%20&b HTTP/1.1\r\n"));
}

TEST_F(UpstreamRequestTest, IsAlwaysHttp11) {
  EXPECT_THAT(composed(Asked{"GET /x", "", "1.0"}), StartsWith("GET /3/tv HTTP/1.1\r\nHost: api.test\r\n"));
}

TEST_F(UpstreamRequestTest, KeepsTheMethodAndEndToEndFieldsInOrder) {
  const auto text =
      composed(Asked{"BREW /x", "Accept: a\r\nHost: a.test\r\nX-Api-Key: k\r\nAccept: b\r\nx-LOWER: c\r\n"});
  EXPECT_THAT(
      text,
      StartsWith("BREW /3/tv HTTP/1.1\r\nHost: api.test\r\nAccept: a\r\nX-Api-Key: k\r\nAccept: b\r\nx-LOWER: c\r\n"));
}

TEST_F(UpstreamRequestTest, LeavesHopByHopFieldsOut) {
  const auto text = with_fields(
      "Connection: close, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\n"
      "Proxy-Authorization: Basic eA==\r\nUpgrade: websocket\r\nHTTP2-Settings: x\r\nX-Other: 2\r\n");
  for (const auto* const name : {"Connection", "X-Mine", "Keep-Alive", "TE:", "Proxy-", "Upgrade", "HTTP2-Settings"})
    EXPECT_THAT(text, Not(HasSubstr(name)));
  EXPECT_THAT(text, HasSubstr("X-Other: 2\r\n"));
}

TEST_F(UpstreamRequestTest, KeepsEndToEndFieldsThatConnectionNames) {
  const auto text =
      with_fields("Connection: host, authorization, cache-control\r\nAuthorization: x\r\nCache-Control: no-cache\r\n");
  EXPECT_THAT(text, HasSubstr("\r\nAuthorization: x\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nCache-Control: no-cache\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nHost: api.test\r\n"));
}

TEST_F(UpstreamRequestTest, NamesNoSecondHost) {
  const auto text = with_fields("");
  EXPECT_EQ(text.find("Host:"), text.rfind("Host:"));
}

TEST_F(UpstreamRequestTest, AddsItsViaBehindTheOthers) {
  EXPECT_THAT(with_fields("Via: 1.0 other\r\n"), HasSubstr("Via: 1.0 other\r\nVia: 1.1 cachearr\r\n"));
  EXPECT_THAT(with_fields("CDN-Loop: them\r\n"),
              HasSubstr("CDN-Loop: them\r\nVia: 1.1 cachearr\r\nCDN-Loop: token-7\r\n"));
}

TEST_F(UpstreamRequestTest, KeepsTheClientsConditionsUnlessTheWholeIsWanted) {
  const Asked asked{"GET /x",
                    "Host: a.test\r\nIf-None-Match: \"1\"\r\nIf-Modified-Since: x\r\nIf-Match: *\r\n"
                    "If-Unmodified-Since: x\r\nIf-Range: \"1\"\r\nRange: bytes=0-1\r\nAccept: z\r\n"};
  EXPECT_THAT(composed(asked), HasSubstr("If-None-Match: \"1\"\r\nIf-Modified-Since: x\r\nIf-Match: *\r\n"));
  EXPECT_THAT(composed(asked), HasSubstr("Range: bytes=0-1\r\n"));
  auto whole = from(asked);
  whole.whole = true;
  whole.validators = "If-None-Match: \"ours\"\r\n";
  EXPECT_THAT(compose(whole), Not(HasSubstr("If-M")));
  EXPECT_THAT(compose(whole), Not(HasSubstr("Range")));
  EXPECT_THAT(compose(whole), Not(HasSubstr("\"1\"")));
  EXPECT_THAT(compose(whole), HasSubstr("Accept: z\r\nIf-None-Match: \"ours\"\r\n"));
}

TEST_F(UpstreamRequestTest, ForEveryoneHasNoFieldsThatAnswersReflect) {
  const std::string lines =
      "Host: a.test\r\nX-Forwarded-Host: evil\r\nx-forwarded-scheme: nothttps\r\nX-FORWARDED-PORT: 1\r\n"
      "X-Original-URL: /admin\r\nX-Rewrite-URL: /admin\r\nX-HTTP-Method-Override: PUT\r\nForwarded: host=evil\r\n"
      "X-Forwarded-Prefix: /e\r\nX-Forwarded-Server: e\r\nX-Method-Override: PUT\r\nX-HTTP-Method: PUT\r\nX-Api-Key: "
      "k\r\n";
  const Asked asked{"GET /x", lines};
  auto shared = from(asked);
  shared.cacheable = true;
  const auto text = compose(shared);
  for (const auto* const part : {"evil", "nothttps", "admin", "PUT", "Forwarded", "X-FORWARDED", "X-Rewrite"})
    EXPECT_THAT(text, Not(HasSubstr(part)));
  EXPECT_THAT(text, HasSubstr("X-Api-Key: k\r\n"));
  EXPECT_THAT(composed(asked), HasSubstr("X-Forwarded-Host: evil\r\n"));
}

TEST_F(UpstreamRequestTest, ForEveryoneHasThemUnderNoOtherName) {
  for (const auto* const name :
       {"X-Original-URI", "X-Original-Host", "X-Forwarded-Path", "X-Forwarded-Uri", "X_Forwarded_Host",
        "x_original-url", "X-Original_Method", "X_HTTP_Method_Override", "Front-End-Https", "X-Forwarded-Protocol",
        "X-Envoy-Original-Path", "X-MS-Original-URL", "X-WAWS-Unencoded-URL", "X-Path-Base", "X-Base-URL",
        "X-Backend-Host", "X-Proxy-URL", "X-Invoke-Path", "Next-Url"}) {
    const Asked asked{"GET /x", "Host: a.test\r\n" + std::string{name} + ": evil\r\n"};
    auto shared = from(asked);
    shared.cacheable = true;
    EXPECT_THAT(compose(shared), Not(HasSubstr("evil"))) << name;
  }
  for (const auto* const name :
       {"X-Forwarded-For", "X-Forwarded-User", "X-Forwarded", "X-Hostess", "X-Original-Title"}) {
    const Asked asked{"GET /x", "Host: a.test\r\n" + std::string{name} + ": kept\r\n"};
    auto shared = from(asked);
    shared.cacheable = true;
    EXPECT_THAT(compose(shared), HasSubstr("kept")) << name;
  }
}

TEST_F(UpstreamRequestTest, CountsForwardsDown) {
  const Asked asked{"OPTIONS /x", "Host: a.test\r\nMax-Forwards: 10\r\n"};
  EXPECT_THAT(composed(asked), HasSubstr("Max-Forwards: 10\r\n"));
  auto counted = from(asked);
  counted.max_forwards = 9;
  const auto text = compose(counted);
  EXPECT_THAT(text, HasSubstr("Max-Forwards: 9\r\n"));
  EXPECT_EQ(text.find("Max-Forwards"), text.rfind("Max-Forwards"));
  EXPECT_THAT(with_fields(""), Not(HasSubstr("Max-Forwards")));
}

TEST_F(UpstreamRequestTest, FramesItsBodyAnew) {
  EXPECT_THAT(composed(Asked{"POST /x", "Host: a.test\r\nTransfer-Encoding: chunked\r\n"}),
              EndsWith("\r\nTransfer-Encoding: chunked\r\n\r\n"));
  EXPECT_THAT(composed(Asked{"POST /x", "Host: a.test\r\nContent-Length: 007\r\n"}),
              EndsWith("\r\nContent-Length: 7\r\n\r\n"));
  EXPECT_THAT(composed(Asked{"POST /x", "Host: a.test\r\nContent-Length: 0\r\n"}),
              EndsWith("\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_THAT(composed(Asked{"POST /x"}), Not(HasSubstr("Content-Length")));
  const auto once = composed(Asked{"POST /x", "Content-Length: 7\r\nHost: a.test\r\n"});
  EXPECT_EQ(once.find("Content-Length"), once.rfind("Content-Length"));
}

TEST_F(UpstreamRequestTest, UpgradesOnlyWhereThatIsWanted) {
  const Asked asked{"GET /x", "Host: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n"};
  EXPECT_THAT(composed(asked), Not(HasSubstr("Upgrade")));
  auto upgrading = from(asked);
  upgrading.upgrade = true;
  EXPECT_THAT(compose(upgrading), HasSubstr("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  EXPECT_THAT(compose(upgrading), HasSubstr("Sec-WebSocket-Key: k\r\n"));
}

TEST_F(UpstreamRequestTest, SaysThatWeObeySurrogateControl) {
  const Asked asked{"GET /x"};
  auto surrogate = from(asked);
  EXPECT_THAT(compose(surrogate), Not(HasSubstr("Surrogate")));
  surrogate.surrogate = true;
  EXPECT_THAT(compose(surrogate), HasSubstr("Surrogate-Capability: cachearr=\"Surrogate/1.0\"\r\n"));
}

TEST_F(UpstreamRequestTest, ThroughAnHttpParentIsInAbsoluteForm) {
  const Asked asked{"GET /x"};
  auto parent = from(asked);
  parent.through_http_parent = true;
  EXPECT_THAT(compose(parent), StartsWith("GET http://10.0.0.1:8989/3/tv HTTP/1.1\r\nHost: api.test\r\n"));
  EXPECT_THAT(compose(parent), Not(HasSubstr("Proxy-Authorization")));
  parent.parent_credentials = "Basic eA==";
  EXPECT_THAT(compose(parent), HasSubstr("Proxy-Authorization: Basic eA==\r\n"));
  parent.through_http_parent = false;
  EXPECT_THAT(compose(parent), Not(HasSubstr("Proxy-Authorization")));
}

TEST_F(UpstreamRequestTest, OfTheWholeServerHasNoPathThroughAnHttpParent) {
  route_ = route_to("*");
  const Asked asked{"OPTIONS *"};
  EXPECT_THAT(composed(asked), StartsWith("OPTIONS * HTTP/1.1\r\n"));
  auto parent = from(asked);
  parent.through_http_parent = true;
  EXPECT_THAT(compose(parent), StartsWith("OPTIONS http://10.0.0.1:8989 HTTP/1.1\r\n"));
}

}  // namespace
}  // namespace cachearr::fetch
