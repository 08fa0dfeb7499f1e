#include "client/way_back.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "rules/rule_set.hpp"

namespace cachearr::client {
namespace {

using Form = pipeline::Route::Form;

class WayBackTest : public ::testing::Test {
 protected:
  WayBackTest() {
    upstream_.origin_scheme = "http";
    upstream_.origin_host = "127.0.0.1";
    upstream_.origin_port = 8989;
    upstream_.mount = "/tv";
    upstream_.hosts = {"tv.test", "series.test"};
    route_.upstream = &upstream_;
    route_.form = Form::mount;
    route_.host_field = "tv.test";
  }
  /// "" where it stays as it is.
  std::string led(std::string_view reference) { return lead_back(route_, reference).value_or(""); }

  rules::Upstream upstream_;
  pipeline::Route route_;
};

TEST_F(WayBackTest, LeadsIntoTheMount) {
  EXPECT_EQ(led("/shows/82?a=/b#c"), "/tv/shows/82?a=/b#c");
  EXPECT_EQ(led("/"), "/tv/");
  for (const auto* origin : {"http://127.0.0.1:8989", "HTTP://127.0.0.1:8989", "http://tv.test", "http://Series.TEST",
                             "http://tv.test:80", "//tv.test"}) {
    EXPECT_EQ(led(std::string{origin} + "/shows/82"), "/tv/shows/82") << origin;
    EXPECT_EQ(led(origin), "/tv") << origin;
    EXPECT_EQ(led(std::string{origin} + "?q"), "/tv?q") << origin;
  }
}

TEST_F(WayBackTest, LeavesWhatLeadsElsewhereAndWhatIsRelative) {
  for (const auto* reference :
       {"https://tv.test/a", "http://other.test/a", "http://tv.test:81/a", "http://127.0.0.1/a", "//other.test/a", "a",
        "../a", "?a", "#a", "", "mailto:a@tv.test", "http:///a", "http://u@tv.test/a", "http://tv.test.evil/a"})
    EXPECT_EQ(led(reference), "") << reference;
}

TEST_F(WayBackTest, TakesTheOriginsOwnPathOff) {
  upstream_.origin_path = "/base";
  EXPECT_EQ(led("/base/shows"), "/tv/shows");
  EXPECT_EQ(led("/base"), "/tv");
  EXPECT_EQ(led("/base?a"), "/tv?a");
  EXPECT_EQ(led("/bases"), "") << "nothing of this upstream";
  EXPECT_EQ(led("/elsewhere"), "");
}

TEST_F(WayBackTest, AtAListenerAndByHostThereIsNoMount) {
  upstream_.origin_path = "/base";
  for (const auto form : {Form::listener, Form::host}) {
    route_.form = form;
    EXPECT_EQ(led("http://tv.test/base/a"), "/a");
    EXPECT_EQ(led("/base"), "/");
    EXPECT_EQ(led("/base?a"), "/?a");
    EXPECT_EQ(led("/base//other.test/a"), "") << "this would name a host";
  }
}

TEST_F(WayBackTest, WhoAsksAProxyGetsWhatTheOriginSaid) {
  for (const auto form : {Form::proxy, Form::tunnel}) {
    route_.form = form;
    EXPECT_EQ(led("/a"), "");
    EXPECT_EQ(led("http://tv.test/a"), "");
  }
}

TEST_F(WayBackTest, OfAHeadOnlyTheTwoFieldsChange) {
  std::string out;
  append_led_back(out, route_,
                  "HTTP/1.1 302 Found\r\nX: /a\r\nlocation:  /a \r\nContent-Location: b\r\nContent-Location: /c\r\n");
  EXPECT_EQ(out,
            "HTTP/1.1 302 Found\r\nX: /a\r\nlocation: /tv/a\r\nContent-Location: b\r\nContent-Location: /tv/c\r\n");
}

}  // namespace
}  // namespace cachearr::client
