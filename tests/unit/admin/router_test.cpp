#include "admin/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::admin {
namespace {

using http::Method;
using ::testing::ElementsAre;

class Routes : public ::testing::Test {
 protected:
  Routes() {
    for (const auto& [method, pattern] : {std::pair{Method::get, "/ping"},
                                          {Method::get, "/keys"},
                                          {Method::get, "/keys/{}"},
                                          {Method::put, "/keys/{}"},
                                          {Method::delete_, "/keys/{}"},
                                          {Method::post, "/keys/mget"},
                                          {Method::get, "/keys/{}/ttl"},
                                          {Method::get, "/{}/{}"}})
      router_.add({method, pattern, {}, [](const Call&) { return Answer{}; }});
  }
  std::string pattern(Method method, std::string_view path) const {
    const auto match = router_.find(method, path);
    return match.route ? match.route->pattern : "none; " + match.allow;
  }
  Router router_;
};

TEST_F(Routes, LiteralPathsAreFound) { EXPECT_EQ(pattern(Method::get, "/ping"), "/ping"); }

TEST_F(Routes, HeadIsAnsweredWhereGetIs) { EXPECT_EQ(pattern(Method::head, "/ping"), "/ping"); }

TEST_F(Routes, LiteralSegmentsWinOverCaptures) {
  EXPECT_EQ(pattern(Method::get, "/keys/x"), "/keys/{}");
  EXPECT_EQ(pattern(Method::post, "/keys/mget"), "/keys/mget");
  EXPECT_EQ(pattern(Method::get, "/keys/mget"), "/keys/{}");
  EXPECT_EQ(pattern(Method::get, "/other/x"), "/{}/{}");
}

TEST_F(Routes, CapturesAreOneSegmentDecoded) {
  EXPECT_THAT(router_.find(Method::get, "/keys/series%3A%7B5%7D%2Fa%20b").captures, ElementsAre("series:{5}/a b"));
  EXPECT_THAT(router_.find(Method::get, "/keys/%2F%2e%2e/ttl").captures, ElementsAre("/.."));
  EXPECT_THAT(router_.find(Method::get, "/keys/a+b").captures, ElementsAre("a+b"));
}

TEST_F(Routes, AWrongMethodIsToldWhichAreRight) {
  EXPECT_EQ(pattern(Method::post, "/ping"), "none; GET, HEAD");
  EXPECT_EQ(pattern(Method::post, "/keys/x"), "none; GET, HEAD, PUT, DELETE");
  EXPECT_EQ(pattern(Method::get, "/keys/mget/x/y"), "none; ");
}

TEST_F(Routes, UnknownPathsAreNone) {
  for (const auto* const path : {"/", "", "/pings", "/ping/", "/Ping", "//ping", "/keys/", "/keys//ttl", "*"})
    EXPECT_EQ(pattern(Method::get, path), "none; ") << path;
}

}  // namespace
}  // namespace cachearr::admin
