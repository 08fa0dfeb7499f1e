#include "http/trailers.hpp"

#include <gtest/gtest.h>
#include <string>

namespace cachearr::http {
namespace {

bool takes(std::string_view te) {
  FieldList fields;
  fields.add("Host", "a.test");
  fields.add("TE", te);
  return takes_trailers(fields);
}

TEST(ATrailer, IsTakenByWhoSaysSo) {
  for (const auto* const te : {"trailers", "Trailers", "deflate;q=0.5, trailers", "trailers , gzip"})
    EXPECT_TRUE(takes(te)) << te;
  for (const auto* const te : {"", "gzip", "trailer", "trailersx", "\"trailers\""}) EXPECT_FALSE(takes(te)) << te;
  EXPECT_FALSE(takes_trailers({}));
}

TEST(ATrailer, IsTakenWhereAnyLineSaysSo) {
  FieldList fields;
  fields.add("TE", "gzip");
  fields.add("te", "trailers");
  EXPECT_TRUE(takes_trailers(fields));
}

TEST(ATrailer, PassesAsItCame) {
  EXPECT_EQ(passable_trailers("X-Checksum:42\r\nServer-Timing: \t db;dur=53 \r\nEmpty:\r\n\r\n", ""),
            "X-Checksum: 42\r\nServer-Timing: db;dur=53\r\nEmpty: \r\n");
  EXPECT_EQ(passable_trailers("Content-Digest: sha-256=:eA==:\r\nContent-MD5: eA==\r\n", ""),
            "Content-Digest: sha-256=:eA==:\r\nContent-MD5: eA==\r\n");
  EXPECT_EQ(passable_trailers("\r\n", ""), "");
  EXPECT_EQ(passable_trailers("", ""), "");
}

TEST(ATrailer, NeverSaysWhatAHeadHasToSay) {
  for (const std::string name : {"Content-Length",
                                 "content-length",
                                 "Transfer-Encoding",
                                 "TE",
                                 "Trailer",
                                 "Content-Encoding",
                                 "Content-Type",
                                 "Content-Range",
                                 "Content-Disposition",
                                 "Host",
                                 "Connection",
                                 "Keep-Alive",
                                 "Upgrade",
                                 "Proxy-Connection",
                                 "Via",
                                 "Location",
                                 "Refresh",
                                 "X-Accel-Redirect",
                                 "X-Forwarded-Host",
                                 "X-Original-URI",
                                 "Forwarded",
                                 "Alt-Svc",
                                 "Authorization",
                                 "WWW-Authenticate",
                                 "Proxy-Authenticate",
                                 "Proxy-Authorization",
                                 "Authentication-Info",
                                 "Cookie",
                                 "Set-Cookie",
                                 "Set-Cookie2",
                                 "X-Api-Key",
                                 "X-Auth-Token",
                                 "Cache-Control",
                                 "CDN-Cache-Control",
                                 "Surrogate-Control",
                                 "Surrogate-Key",
                                 "Cache-Status",
                                 "Pragma",
                                 "Expires",
                                 "Age",
                                 "Vary",
                                 "Date",
                                 "ETag",
                                 "Last-Modified",
                                 "Warning",
                                 "Retry-After",
                                 "Range",
                                 "If-Match",
                                 "Expect",
                                 "Max-Forwards",
                                 "Accept-Ranges",
                                 "Access-Control-Allow-Origin",
                                 "Cross-Origin-Opener-Policy",
                                 "Content-Security-Policy",
                                 "Strict-Transport-Security",
                                 "Clear-Site-Data",
                                 "Sec-WebSocket-Accept"}) {
    EXPECT_FALSE(may_be_trailer(name)) << name;
    EXPECT_EQ(passable_trailers(name + ": 1\r\nX-After: 2\r\n\r\n", ""), "X-After: 2\r\n") << name;
  }
}

TEST(ATrailer, ThatConnectionNamesGoesNoFurther) {
  EXPECT_EQ(passable_trailers("X-Mine: 1\r\nX-Other: 2\r\n\r\n", "close, x-mine"), "X-Other: 2\r\n");
}

}  // namespace
}  // namespace cachearr::http
