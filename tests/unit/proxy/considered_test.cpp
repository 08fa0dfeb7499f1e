#include <gmock/gmock.h>

#include "unit/proxy/desk_fixture.hpp"

namespace cachearr::proxy {
namespace {

using http::Forward;
using test::Asked;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kRules = R"({
  "upstreams": {"up": {"hosts": ["api.test"], "mount": "/up"}, "plain": {"hosts": ["plain.test"]}},
  "rules": [
    {"name": "tv", "upstream": "up", "match": {"path": "/tv/{id}"}, "type": "series", "ttl": "1h", "key": "series:{id}"},
    {"name": "never", "upstream": "up", "match": {"path": "/never"}, "policy": "never"}
  ]})";

class ConsideredTest : public test::DeskTest {
 protected:
  ConsideredTest() : DeskTest{kRules} {}
};

TEST_F(ConsideredTest, FetchesWhatIsNotStored) {
  const auto& known = consider("GET /up/tv/7");
  EXPECT_EQ(known.course, Course::fetch);
  EXPECT_EQ(known.forward, Forward::uri_miss);
  EXPECT_FALSE(known.entry);
  ASSERT_TRUE(known.verdict.rule);
  EXPECT_EQ(known.verdict.rule->name, "tv");
  EXPECT_EQ(known.key.key, "series:7");
  EXPECT_EQ(known.now, clock_.now());
}

TEST_F(ConsideredTest, ServesWhatIsFresh) {
  store_answer_to("GET /up/tv/7");
  const auto& known = consider("GET /up/tv/7");
  EXPECT_EQ(known.course, Course::serve);
  EXPECT_EQ(known.forward, Forward::none);
  ASSERT_TRUE(known.entry);
  EXPECT_EQ(known.entry->body(), "body");
  EXPECT_EQ(consider("GET /up/tv/8").course, Course::fetch);
}

TEST_F(ConsideredTest, ServesOneAnswerHoweverItIsAskedFor) {
  store_answer_to("GET /up/tv/7");
  EXPECT_EQ(consider("HEAD /up/tv/7").course, Course::serve);
  EXPECT_EQ(consider(Asked{"GET https://api.test/tv/7", "Host: api.test\r\n"}).course, Course::serve);
  EXPECT_EQ(consider(Asked{"GET /tv/7", "Host: api.test\r\n"}).course, Course::serve);
  EXPECT_EQ(consider(Asked{"GET /tv/7", "Host: localhost\r\n"}, Door{"up", false}).course, Course::serve);
}

TEST_F(ConsideredTest, ValidatesWhatIsStale) {
  store_answer_to("GET /up/tv/7");
  clock_.advance(std::chrono::minutes{2});
  const auto& known = consider("GET /up/tv/7");
  EXPECT_EQ(known.course, Course::validate);
  EXPECT_EQ(known.forward, Forward::stale);
  EXPECT_TRUE(known.entry);
  EXPECT_EQ(consider("GET /up/tv/7", "Cache-Control: max-stale\r\n").course, Course::serve);
}

TEST_F(ConsideredTest, ServesAndRefreshesInsideTheWindow) {
  caching::EntryMeta meta;
  meta.swr_seconds = 600;
  store_answer_to("GET /up/tv/7", "", meta);
  EXPECT_EQ(consider("GET /up/tv/7").course, Course::serve);
  clock_.advance(std::chrono::minutes{2});
  const auto& known = consider("GET /up/tv/7");
  EXPECT_EQ(known.course, Course::serve_and_refresh);
  EXPECT_EQ(known.detail, "stale-while-revalidate");
  clock_.advance(std::chrono::minutes{20});
  EXPECT_EQ(consider("GET /up/tv/7").course, Course::validate);
  EXPECT_THAT(desk_.considered.detail, IsEmpty());
}

TEST_F(ConsideredTest, ValidatesWhatTheClientWantsConfirmed) {
  store_answer_to("GET /up/tv/7");
  for (const auto* const line :
       {"Cache-Control: no-cache\r\n", "Pragma: no-cache\r\n", "Cache-Control: min-fresh=3600\r\n"}) {
    const auto& known = consider("GET /up/tv/7", line);
    EXPECT_EQ(known.course, Course::validate) << line;
    EXPECT_EQ(known.forward, Forward::request) << line;
  }
}

TEST_F(ConsideredTest, PassesByTheCacheWhatItHasNoPartIn) {
  const auto expect_bypass = [&](const Considered& known, std::string_view why, Forward forward) {
    EXPECT_EQ(known.course, Course::bypass) << why;
    EXPECT_EQ(known.detail, why);
    EXPECT_EQ(known.forward, forward);
    EXPECT_FALSE(known.entry);
  };
  store_answer_to("GET /up/tv/7");
  expect_bypass(consider("POST /up/tv/7", "Content-Length: 2\r\n"), "method", Forward::method);
  expect_bypass(consider("DELETE /up/tv/7"), "method", Forward::method);
  Asked with_body{"GET /up/tv/7", "Host: api.test\r\n"};
  with_body.framing.body = http::Framing::Body::chunked;
  expect_bypass(consider(with_body), "method", Forward::method);
  expect_bypass(consider("GET /up/tv/7", "Cache-Control: no-store\r\n"), "no-store", Forward::bypass);
  expect_bypass(consider("GET /up/never"), "rule-never", Forward::bypass);
}

TEST_F(ConsideredTest, RefusesToAskWhereTheClientForbidsIt) {
  const auto& missed = consider("GET /up/tv/7", "Cache-Control: only-if-cached\r\n");
  EXPECT_EQ(missed.course, Course::refuse);
  EXPECT_EQ(missed.refused.status, 504);
  EXPECT_THAT(missed.refused.detail, HasSubstr("only-if-cached"));
  store_answer_to("GET /up/tv/7");
  EXPECT_EQ(consider("GET /up/tv/7", "Cache-Control: only-if-cached\r\n").course, Course::serve);
  clock_.advance(std::chrono::minutes{2});
  EXPECT_EQ(consider("GET /up/tv/7", "Cache-Control: only-if-cached\r\n").refused.status, 504);
  EXPECT_EQ(consider("GET /up/tv/7", "Cache-Control: only-if-cached, max-stale\r\n").course, Course::serve);
}

TEST_F(ConsideredTest, RefusesWhatHasComeThroughBefore) {
  const auto& looped = consider("GET /up/tv/7", "CDN-Loop: other, token-7; x=1\r\n");
  EXPECT_EQ(looped.course, Course::refuse);
  EXPECT_EQ(looped.refused.status, 508);
  EXPECT_EQ(consider("GET /up/tv/7", "CDN-Loop: other\r\n").course, Course::fetch);
}

TEST_F(ConsideredTest, RefusesWhatHasComeThroughBeforeWhateverLineSaysSo) {
  EXPECT_EQ(consider("GET /up/tv/7", "CDN-Loop: other\r\nCDN-Loop: token-7\r\n").refused.status, 508);
}

TEST_F(ConsideredTest, RefusesWhatCannotBeRouted) {
  EXPECT_EQ(consider("GET /elsewhere", "").course, Course::fetch);
  const auto& lost = consider(Asked{"GET /elsewhere", "Host: localhost\r\n"});
  EXPECT_EQ(lost.course, Course::refuse);
  EXPECT_EQ(lost.refused.status, 404);
}

TEST_F(ConsideredTest, RemembersNothingOfTheRequestBefore) {
  store_answer_to("GET /up/tv/7");
  consider("GET /up/tv/7", "CDN-Loop: token-7\r\n");
  EXPECT_FALSE(desk_.considered.entry);
  EXPECT_FALSE(desk_.considered.verdict.upstream);
  EXPECT_THAT(desk_.considered.key.key, IsEmpty());
  EXPECT_EQ(consider("GET /up/tv/7").course, Course::serve);
  EXPECT_EQ(consider("POST /up/tv/7").course, Course::bypass);
  EXPECT_FALSE(desk_.considered.entry);
  EXPECT_EQ(consider("GET /up/tv/7").course, Course::serve);
  EXPECT_THAT(desk_.considered.detail, IsEmpty());
  consider("GET /up/other");
  EXPECT_FALSE(desk_.considered.verdict.rule);
}

TEST_F(ConsideredTest, SelectsTheVariantThatTheRequestSelects) {
  caching::EntryMeta marker;
  marker.flags = caching::kVaryMarker;
  store(consider("GET /up/tv/7"), marker, "accept-language");
  const auto& german = consider("GET /up/tv/7", "Accept-Language: de\r\n");
  EXPECT_EQ(german.course, Course::fetch);
  EXPECT_EQ(german.forward, Forward::vary_miss);
  EXPECT_EQ(german.varies_by, "accept-language");
  EXPECT_NE(german.id, german.key.id);
  store(german);
  EXPECT_EQ(consider("GET /up/tv/7", "Accept-Language: de\r\n").course, Course::serve);
  EXPECT_EQ(consider("GET /up/tv/7", "Accept-Language: fr\r\n").forward, Forward::vary_miss);
  EXPECT_EQ(consider("GET /up/tv/7").forward, Forward::vary_miss);
  EXPECT_EQ(consider("GET /up/tv/8").forward, Forward::uri_miss);
  EXPECT_THAT(desk_.considered.varies_by, IsEmpty());
}

TEST_F(ConsideredTest, DoesNotCollapseWhatCouldNotBeStored) {
  caching::EntryMeta marker;
  marker.flags = caching::kHitForMiss;
  store_answer_to("GET /up/tv/7", "", marker);
  const auto& known = consider("GET /up/tv/7");
  EXPECT_EQ(known.course, Course::fetch);
  EXPECT_FALSE(known.entry);
  EXPECT_TRUE(known.hit_for_miss);
  clock_.advance(std::chrono::minutes{2});
  EXPECT_FALSE(consider("GET /up/tv/7").hit_for_miss);
}

TEST_F(ConsideredTest, KeepsCredentialsApart) {
  store_answer_to("GET /up/tv/7", "Authorization: Bearer one\r\n");
  EXPECT_EQ(consider("GET /up/tv/7", "Authorization: Bearer one\r\n").course, Course::serve);
  EXPECT_EQ(consider("GET /up/tv/7", "Authorization: Bearer two\r\n").course, Course::fetch);
  EXPECT_EQ(consider("GET /up/tv/7").course, Course::fetch);
}

TEST_F(ConsideredTest, ServesWithCookiesWhatWasStoredWithoutWhereNoRuleSaysOtherwise) {
  const std::string cookie = "Cookie: session=1\r\n";
  store(consider(Asked{"GET http://plain.test/x", "Host: plain.test\r\n"}));
  const Asked with_cookie{"GET http://plain.test/x", "Host: plain.test\r\n" + cookie};
  EXPECT_EQ(consider(with_cookie).course, Course::serve);
  EXPECT_EQ(desk_.considered.forward, Forward::none);
  clock_.advance(std::chrono::minutes{2});
  EXPECT_EQ(consider(with_cookie).course, Course::fetch) << "a stale one must not be validated for others";
  EXPECT_FALSE(desk_.considered.entry);
}

TEST_F(ConsideredTest, DoesNotServeWithoutCookiesWhatCameForOne) {
  store(consider(Asked{"GET http://plain.test/x", "Host: plain.test\r\nCookie: session=1\r\n"}));
  EXPECT_EQ(consider(Asked{"GET http://plain.test/x", "Host: plain.test\r\n"}).course, Course::fetch);
  EXPECT_EQ(consider(Asked{"GET http://plain.test/x", "Host: plain.test\r\nCookie: session=2\r\n"}).course,
            Course::fetch);
}

TEST_F(ConsideredTest, NamesARulesAndAnUpstreamsLabelOnce) {
  const auto with_rule = desk_.label_of(consider("GET /up/tv/7").verdict);
  const auto without = desk_.label_of(consider("GET /up/other").verdict);
  EXPECT_EQ(desk_.label_of({}), 0U);
  EXPECT_NE(with_rule, without);
  const auto labels = metrics_.labels();
  EXPECT_EQ(labels[with_rule].type, "series");
  EXPECT_EQ(labels[with_rule].upstream, "up");
  EXPECT_EQ(labels[without].type, "");
  EXPECT_EQ(desk_.label_of(consider("GET /up/tv/9").verdict), with_rule);
}

}  // namespace
}  // namespace cachearr::proxy
