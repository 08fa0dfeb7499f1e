#include "admin/login.hpp"

#include <gmock/gmock.h>

#include "admin/web_assets.hpp"
#include "unit/admin/called.hpp"

namespace cachearr::admin::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Proof = Login::Proof;

const auto kGuest = *ip::parse_address("8.8.8.8");
const auto kHome = *ip::parse_address("192.168.1.20");

class Sessions : public ::testing::Test {
 protected:
  ManualClock clock_;
  std::string key_{kKey};
  std::unique_ptr<store::Store> store_ = store::make_memory_store(1'000'000, clock_);
  Login login_{key_, *store_, clock_};
};

TEST_F(Sessions, BeginWithTheKeyOrThePasswordAndNothingElse) {
  EXPECT_EQ(login_.prove(kKey, "word"), Proof::key);
  EXPECT_EQ(login_.prove("word", "word"), Proof::password);
  EXPECT_EQ(login_.prove("other", "word"), Proof::none);
  EXPECT_EQ(login_.prove("", ""), Proof::none);
}

TEST_F(Sessions, AreOpenForThirtyDays) {
  const auto session = login_.open(Proof::key, "");
  clock_.advance(Login::kSession - std::chrono::minutes{1});
  EXPECT_TRUE(login_.is_open(session, ""));
  clock_.advance(std::chrono::minutes{2});
  EXPECT_FALSE(login_.is_open(session, ""));
}

TEST_F(Sessions, OutliveARestartButNotAnotherKey) {
  const auto session = login_.open(Proof::key, "");
  const Login after_restart{key_, *store_, clock_};
  EXPECT_TRUE(after_restart.is_open(session, ""));
  const std::string other_key(32, 'x');
  const Login with_another_key{other_key, *store_, clock_};
  EXPECT_FALSE(with_another_key.is_open(session, ""));
}

TEST_F(Sessions, OfAPasswordEndWithIt) {
  const auto session = login_.open(Proof::password, "word");
  EXPECT_TRUE(login_.is_open(session, "word"));
  EXPECT_FALSE(login_.is_open(session, "another"));
  EXPECT_FALSE(login_.is_open(session, ""));
  EXPECT_TRUE(login_.is_open(login_.open(Proof::key, "word"), "another"));
}

TEST_F(Sessions, CannotBeMadeUpOrProlonged) {
  const auto session = login_.open(Proof::key, "");
  auto prolonged = session;
  prolonged[1] = '9';
  auto of_another_kind = session;
  of_another_kind[0] = 'p';
  for (const auto& text : {std::string{}, std::string{"."}, std::string{".."}, std::string{"k9999999999.a.b"},
                           prolonged, of_another_kind, session + "0"})
    EXPECT_FALSE(login_.is_open(text, "")) << text;
}

TEST_F(Sessions, AreOverOnceClosed) {
  const auto session = login_.open(Proof::key, ""), other = login_.open(Proof::key, "");
  login_.close(session);
  EXPECT_FALSE(login_.is_open(session, ""));
  EXPECT_TRUE(login_.is_open(other, ""));
  const Login after_restart{key_, *store_, clock_};
  EXPECT_FALSE(after_restart.is_open(session, "")) << "closed is closed";
  EXPECT_TRUE(after_restart.is_open(other, ""));
}

TEST_F(Sessions, BeginWithALinkOnceAndInTime) {
  const auto link = login_.make_link();
  EXPECT_TRUE(login_.take_link(link));
  EXPECT_FALSE(login_.take_link(link));
  const auto late = login_.make_link();
  clock_.advance(Login::kLink);
  EXPECT_FALSE(login_.take_link(late));
  EXPECT_FALSE(login_.take_link("unknown"));
}

TEST_F(Sessions, MakeWhoGuessesWaitAndNobodyElse) {
  for (int i = 0; i < Login::kMostFailures; ++i) {
    EXPECT_FALSE(login_.pause_of(kGuest));
    login_.count_failure(kGuest);
  }
  ASSERT_TRUE(login_.pause_of(kGuest));
  EXPECT_EQ(*login_.pause_of(kGuest), std::chrono::seconds{60});
  EXPECT_FALSE(login_.pause_of(kHome));
  clock_.advance(Login::kPause);
  EXPECT_FALSE(login_.pause_of(kGuest));
}

TEST_F(Sessions, TakeAnIPv6NetworkForOneWhoGuesses) {
  for (int i = 0; i < Login::kMostFailures; ++i)
    login_.count_failure(*ip::parse_address("2001:db8::" + std::to_string(i + 1)));
  EXPECT_TRUE(login_.pause_of(*ip::parse_address("2001:db8::ffff")));
  EXPECT_FALSE(login_.pause_of(*ip::parse_address("2001:db8:0:1::1")));
}

TEST(SessionCookie, IsFoundAmongOthers) {
  EXPECT_EQ(session_in("a=b; cachearr_session=x.y; c=d"), "x.y");
  EXPECT_EQ(session_in("xcachearr_session=x"), "");
  EXPECT_EQ(session_in(""), "");
}

TEST(SessionCookie, IsForThePageAlone) {
  const auto line = session_cookie("x", "/base/", true);
  for (const auto* const part : {"HttpOnly", "SameSite=Strict", "Secure", "Path=/base/;"})
    EXPECT_THAT(line, HasSubstr(part));
  EXPECT_THAT(session_cookie("", "/", false), HasSubstr("Max-Age=0"));
  EXPECT_THAT(session_cookie("", "/", false), Not(HasSubstr("Secure")));
}

/// An instance with this configuration, called from `peer`.
class Page : public ::testing::Test {
 protected:
  Answer call(const AdminConfig& admin, std::string_view start, std::string lines, const ip::Address& peer,
              std::string_view body = "") {
    Config config;
    config.admin = admin;
    QuietInstance instance{config};
    const Api api{instance};
    lines = "Host: 127.0.0.1:9798\r\n" + lines;
    if (!body.empty())
      lines += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    const cachearr::test::Asked asked{start, lines};
    auto admitted = api.admit(asked.head, asked.framing, false, peer);
    return admitted ? api.run(*admitted, body, {}) : admitted.error();
  }
  int status(const AdminConfig& admin, std::string_view start, std::string lines, const ip::Address& peer) {
    return call(admin, start, std::move(lines), peer).status;
  }
  std::string cookie() {
    const ManualClock clock;
    const auto store = store::make_memory_store(1'000'000, clock);
    return "Cookie: cachearr_session=" + Login{key_, *store, clock}.open(Proof::key, "") + "\r\n";
  }
  std::string key_{kKey};
};

constexpr const char* kOwnOrigin = "Origin: http://127.0.0.1:9798\r\n";

TEST_F(Page, ReadsByItsCookie) {
  EXPECT_EQ(status({}, "GET /api/v1/rules", "", kHome), 401);
  EXPECT_EQ(status({}, "GET /api/v1/rules", cookie(), kHome), 200);
  EXPECT_EQ(status({}, "GET /api/v1/rules", "Cookie: cachearr_session=k1.2.3\r\n", kHome), 401);
}

TEST_F(Page, ChangesByItsCookieOnlyWhatItAsksForItself) {
  EXPECT_EQ(status({}, "POST /api/v1/reload", cookie(), kHome), 403);
  EXPECT_EQ(status({}, "POST /api/v1/reload", cookie() + kOwnOrigin, kHome), 200);
  EXPECT_EQ(status({}, "POST /api/v1/reload", cookie() + "Sec-Fetch-Site: same-origin\r\n", kHome), 200);
  for (const auto* const site : {"same-site", "cross-site", "none"})
    EXPECT_EQ(status({}, "POST /api/v1/reload", cookie() + "Sec-Fetch-Site: " + site + "\r\n", kHome), 403) << site;
  EXPECT_EQ(status({}, "POST /api/v1/reload", cookie() + "Origin: http://evil.test\r\n", kHome), 403);
}

TEST_F(Page, AsksNobodyNearWhereTheConfigurationSaysSo) {
  AdminConfig admin;
  admin.login = LoginOf::strangers;
  EXPECT_EQ(status(admin, "GET /api/v1/rules", "", kHome), 200);
  EXPECT_EQ(status(admin, "GET /api/v1/rules", "", *ip::parse_address("127.0.0.1")), 200);
  EXPECT_EQ(status(admin, "GET /api/v1/rules", "", kGuest), 401);
  EXPECT_EQ(status(admin, "POST /api/v1/reload", "", kHome), 403);
  EXPECT_EQ(status(admin, "POST /api/v1/reload", kOwnOrigin, kHome), 200);
}

TEST_F(Page, TakesAProxyBeforeItForNobodyNear) {
  AdminConfig admin;
  admin.login = LoginOf::strangers;
  for (const auto* const line :
       {"X-Forwarded-For: 8.8.8.8\r\n", "Forwarded: for=8.8.8.8\r\n", "X-Real-IP: 8.8.8.8\r\n", "Via: 1.1 edge\r\n"})
    EXPECT_EQ(status(admin, "GET /api/v1/rules", line, kHome), 401) << line;
}

TEST_F(Page, IsOpenAndTellsItsBase) {
  if (web_assets().empty()) GTEST_SKIP() << "built without the page";
  AdminConfig admin;
  admin.url_base = "/cachearr";
  EXPECT_EQ(status(admin, "GET /cachearr/", "", kGuest), 200);
  EXPECT_EQ(status(admin, "GET /cachearr/web/app.js", "", kGuest), 200);
  EXPECT_EQ(status(admin, "GET /ping", "", kGuest), 200);
  EXPECT_EQ(status(admin, "GET /cachearrx/ping", "", kGuest), 401);
  const auto moved = call(admin, "GET /cachearr", "", kGuest);
  EXPECT_EQ(moved.status, 308);
  EXPECT_THAT(moved.fields, HasSubstr("Location: /cachearr/\r\n"));
}

TEST_F(Page, IsSentOnceToWhoKeepsIt) {
  if (web_assets().empty()) GTEST_SKIP() << "built without the page";
  const auto first = call({}, "GET /web/app.js", "Accept-Encoding: gzip\r\n", kGuest);
  EXPECT_THAT(first.fields, HasSubstr("Content-Encoding: gzip\r\n"));
  const auto at = first.fields.find("ETag: ") + 6;
  const auto etag = first.fields.substr(at, first.fields.find("\r\n", at) - at);
  EXPECT_EQ(status({}, "GET /web/app.js", "If-None-Match: " + etag + "\r\n", kGuest), 304);
  EXPECT_EQ(status({}, "GET /web/app.js", "If-None-Match: \"other\"\r\n", kGuest), 200);
  const auto plain = call({}, "GET /web/app.js", "", kGuest);
  EXPECT_THAT(plain.fields, Not(HasSubstr("Content-Encoding")));
  EXPECT_THAT(plain.body, HasSubstr("import"));
}

TEST_F(Page, HasNoOtherFiles) {
  for (const auto* const path : {"GET /web/", "GET /web/..%2f..%2fetc%2fpasswd", "GET /web/index", "GET /web/x.js"})
    EXPECT_EQ(status({}, path, std::string{"X-Api-Key: "} + key_ + "\r\n", kHome), 404) << path;
}

TEST_F(Page, IsFramedOnlyByWhomTheConfigurationNames) {
  if (web_assets().empty()) GTEST_SKIP() << "built without the page";
  AdminConfig admin;
  EXPECT_THAT(serialise_head(call(admin, "GET /", "", kHome), true), HasSubstr("X-Frame-Options: DENY"));
  admin.frame_ancestors = {"'self'", "https://home.example"};
  const auto head = serialise_head(call(admin, "GET /", "", kHome), true);
  EXPECT_THAT(head, HasSubstr("frame-ancestors 'self' https://home.example\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("X-Frame-Options")));
  EXPECT_THAT(serialise_head(call(admin, "GET /ping", "", kHome), true), HasSubstr("frame-ancestors 'none'"));
}

TEST_F(Page, LogsInByAPasswordFromAFile) {
  AdminConfig admin;
  admin.password = "word";
  const auto right = call(admin, "POST /api/v1/login", "", kGuest, R"({"secret": "word"})");
  EXPECT_EQ(right.status, 200);
  EXPECT_THAT(right.fields, HasSubstr("Set-Cookie: cachearr_session=p"));
  EXPECT_EQ(call(admin, "POST /api/v1/login", "", kGuest, R"({"secret": "wrong"})").status, 401);
  EXPECT_EQ(call(admin, "POST /api/v1/login", "", kGuest, R"({"secret": "word", "link": "x"})").status, 400);
  EXPECT_EQ(call(admin, "POST /api/v1/login", "Origin: http://evil.test\r\n", kGuest, R"({"secret": "word"})").status,
            403);
}

}  // namespace
}  // namespace cachearr::admin::test
