#include <gmock/gmock.h>

#include "unit/pipeline/context_fixture.hpp"

namespace cachearr::pipeline {
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

class ClassifyTest : public test::ContextTest {
 protected:
  ClassifyTest() : ContextTest{kRules} {}
};

TEST_F(ClassifyTest, FetchesWhatIsNotStored) {
  const auto& context = classify("GET /up/tv/7");
  EXPECT_EQ(context.disposition, Disposition::fetch);
  EXPECT_EQ(context.forward, Forward::uri_miss);
  EXPECT_FALSE(context.entry);
  ASSERT_TRUE(context.verdict.rule);
  EXPECT_EQ(context.verdict.rule->name, "tv");
  EXPECT_EQ(context.key.key, "series:7");
  EXPECT_EQ(context.now, clock_.now());
}

TEST_F(ClassifyTest, ServesWhatIsFresh) {
  store_answer_to("GET /up/tv/7");
  const auto& context = classify("GET /up/tv/7");
  EXPECT_EQ(context.disposition, Disposition::hit);
  EXPECT_EQ(context.forward, Forward::none);
  ASSERT_TRUE(context.entry);
  EXPECT_EQ(context.entry->body(), "body");
  EXPECT_EQ(classify("GET /up/tv/8").disposition, Disposition::fetch);
}

TEST_F(ClassifyTest, ServesOneAnswerHoweverItIsAskedFor) {
  store_answer_to("GET /up/tv/7");
  EXPECT_EQ(classify("HEAD /up/tv/7").disposition, Disposition::hit);
  EXPECT_EQ(classify(Asked{"GET https://api.test/tv/7", "Host: api.test\r\n"}).disposition, Disposition::hit);
  EXPECT_EQ(classify(Asked{"GET /tv/7", "Host: api.test\r\n"}).disposition, Disposition::hit);
  EXPECT_EQ(classify(Asked{"GET /tv/7", "Host: localhost\r\n"}, ListenerInfo{"up", false}).disposition,
            Disposition::hit);
}

TEST_F(ClassifyTest, ValidatesWhatIsStale) {
  store_answer_to("GET /up/tv/7");
  clock_.advance(std::chrono::minutes{2});
  const auto& context = classify("GET /up/tv/7");
  EXPECT_EQ(context.disposition, Disposition::revalidate);
  EXPECT_EQ(context.forward, Forward::stale);
  EXPECT_TRUE(context.entry);
  EXPECT_EQ(classify("GET /up/tv/7", "Cache-Control: max-stale\r\n").disposition, Disposition::stale_hit);
}

TEST_F(ClassifyTest, ServesAndRefreshesInsideTheWindow) {
  caching::EntryMeta meta;
  meta.swr_seconds = 600;
  store_answer_to("GET /up/tv/7", "", meta);
  EXPECT_EQ(classify("GET /up/tv/7").disposition, Disposition::hit);
  clock_.advance(std::chrono::minutes{2});
  const auto& context = classify("GET /up/tv/7");
  EXPECT_EQ(context.disposition, Disposition::stale_hit);
  EXPECT_EQ(context.detail, "stale-while-revalidate");
  clock_.advance(std::chrono::minutes{20});
  EXPECT_EQ(classify("GET /up/tv/7").disposition, Disposition::revalidate);
  EXPECT_THAT(context_.detail, IsEmpty());
}

TEST_F(ClassifyTest, ValidatesWhatTheClientWantsConfirmed) {
  store_answer_to("GET /up/tv/7");
  for (const auto* const line :
       {"Cache-Control: no-cache\r\n", "Pragma: no-cache\r\n", "Cache-Control: min-fresh=3600\r\n"}) {
    const auto& context = classify("GET /up/tv/7", line);
    EXPECT_EQ(context.disposition, Disposition::revalidate) << line;
    EXPECT_EQ(context.forward, Forward::request) << line;
  }
}

TEST_F(ClassifyTest, PassesByTheCacheWhatItHasNoPartIn) {
  const auto expect_bypass = [&](const RequestContext& context, std::string_view why, Forward forward) {
    EXPECT_EQ(context.disposition, Disposition::pass) << why;
    EXPECT_EQ(context.detail, why);
    EXPECT_EQ(context.forward, forward);
    EXPECT_FALSE(context.entry);
  };
  store_answer_to("GET /up/tv/7");
  expect_bypass(classify("POST /up/tv/7", "Content-Length: 2\r\n"), "method", Forward::method);
  expect_bypass(classify("DELETE /up/tv/7"), "method", Forward::method);
  Asked with_body{"GET /up/tv/7", "Host: api.test\r\n"};
  with_body.framing.body = http::Framing::Body::chunked;
  expect_bypass(classify(with_body), "method", Forward::method);
  expect_bypass(classify("GET /up/tv/7", "Cache-Control: no-store\r\n"), "no-store", Forward::bypass);
  expect_bypass(classify("GET /up/never"), "rule-never", Forward::bypass);
}

TEST_F(ClassifyTest, RefusesToAskWhereTheClientForbidsIt) {
  auto missed = classify("GET /up/tv/7", "Cache-Control: only-if-cached\r\n");
  EXPECT_EQ(missed.disposition, Disposition::fetch);
  EXPECT_TRUE(may_not_ask(missed));
  refuse_to_ask(missed);
  EXPECT_EQ(missed.disposition, Disposition::refuse);
  EXPECT_EQ(missed.refusal.status, 504);
  EXPECT_THAT(missed.refusal.detail, HasSubstr("only-if-cached"));
  EXPECT_FALSE(may_not_ask(missed));
  EXPECT_FALSE(may_not_ask(classify("GET /up/tv/7")));
  store_answer_to("GET /up/tv/7");
  EXPECT_EQ(classify("GET /up/tv/7", "Cache-Control: only-if-cached\r\n").disposition, Disposition::hit);
  clock_.advance(std::chrono::minutes{2});
  EXPECT_TRUE(may_not_ask(classify("GET /up/tv/7", "Cache-Control: only-if-cached\r\n")));
  EXPECT_EQ(classify("GET /up/tv/7", "Cache-Control: only-if-cached, max-stale\r\n").disposition,
            Disposition::stale_hit);
}

TEST_F(ClassifyTest, RefusesWhatHasComeThroughBefore) {
  const auto& looped = classify("GET /up/tv/7", "CDN-Loop: other, token-7; x=1\r\n");
  EXPECT_EQ(looped.disposition, Disposition::refuse);
  EXPECT_EQ(looped.refusal.status, 508);
  EXPECT_EQ(classify("GET /up/tv/7", "CDN-Loop: other\r\n").disposition, Disposition::fetch);
}

TEST_F(ClassifyTest, RefusesWhatHasComeThroughBeforeWhateverLineSaysSo) {
  EXPECT_EQ(classify("GET /up/tv/7", "CDN-Loop: other\r\nCDN-Loop: token-7\r\n").refusal.status, 508);
}

TEST_F(ClassifyTest, RefusesWhatCannotBeRouted) {
  EXPECT_EQ(classify("GET /elsewhere", "").disposition, Disposition::fetch);
  const auto& lost = classify(Asked{"GET /elsewhere", "Host: localhost\r\n"});
  EXPECT_EQ(lost.disposition, Disposition::refuse);
  EXPECT_EQ(lost.refusal.status, 404);
}

TEST_F(ClassifyTest, RemembersNothingOfTheRequestBefore) {
  store_answer_to("GET /up/tv/7");
  classify("GET /up/tv/7", "CDN-Loop: token-7\r\n");
  EXPECT_FALSE(context_.entry);
  EXPECT_FALSE(context_.verdict.upstream);
  EXPECT_THAT(context_.key.key, IsEmpty());
  EXPECT_THAT(context_.key.identity, IsEmpty()) << "its partition would be another's";
  EXPECT_EQ(classify("GET /up/tv/7").disposition, Disposition::hit);
  EXPECT_EQ(classify("POST /up/tv/7").disposition, Disposition::pass);
  EXPECT_FALSE(context_.entry);
  EXPECT_EQ(classify("GET /up/tv/7").disposition, Disposition::hit);
  EXPECT_THAT(context_.detail, IsEmpty());
  classify("GET /up/other");
  EXPECT_FALSE(context_.verdict.rule);
}

TEST_F(ClassifyTest, SelectsTheVariantThatTheRequestSelects) {
  caching::EntryMeta marker;
  marker.flags = caching::kVaryMarker;
  store(classify("GET /up/tv/7"), marker, "accept-language");
  const auto& german = classify("GET /up/tv/7", "Accept-Language: de\r\n");
  EXPECT_EQ(german.disposition, Disposition::fetch);
  EXPECT_EQ(german.forward, Forward::vary_miss);
  EXPECT_EQ(german.variant.varies_by, "accept-language");
  EXPECT_NE(german.variant.id, german.key.id);
  store(german);
  EXPECT_EQ(classify("GET /up/tv/7", "Accept-Language: de\r\n").disposition, Disposition::hit);
  EXPECT_EQ(classify("GET /up/tv/7", "Accept-Language: fr\r\n").forward, Forward::vary_miss);
  EXPECT_EQ(classify("GET /up/tv/7").forward, Forward::vary_miss);
  EXPECT_EQ(classify("GET /up/tv/8").forward, Forward::uri_miss);
  EXPECT_THAT(context_.variant.varies_by, IsEmpty());
}

TEST_F(ClassifyTest, DoesNotCollapseWhatCouldNotBeStored) {
  caching::EntryMeta marker;
  marker.flags = caching::kHitForMiss;
  store_answer_to("GET /up/tv/7", "", marker);
  const auto& context = classify("GET /up/tv/7");
  EXPECT_EQ(context.disposition, Disposition::fetch);
  EXPECT_FALSE(context.entry);
  EXPECT_TRUE(context.hit_for_miss);
  clock_.advance(std::chrono::minutes{2});
  EXPECT_FALSE(classify("GET /up/tv/7").hit_for_miss);
}

TEST_F(ClassifyTest, KeepsCredentialsApart) {
  store_answer_to("GET /up/tv/7", "Authorization: Bearer one\r\n");
  EXPECT_EQ(classify("GET /up/tv/7", "Authorization: Bearer one\r\n").disposition, Disposition::hit);
  EXPECT_EQ(classify("GET /up/tv/7", "Authorization: Bearer two\r\n").disposition, Disposition::fetch);
  EXPECT_EQ(classify("GET /up/tv/7").disposition, Disposition::fetch);
}

TEST_F(ClassifyTest, ServesWithCookiesWhatWasStoredWithoutWhereNoRuleSaysOtherwise) {
  const std::string cookie = "Cookie: session=1\r\n";
  store(classify(Asked{"GET http://plain.test/x", "Host: plain.test\r\n"}));
  const Asked with_cookie{"GET http://plain.test/x", "Host: plain.test\r\n" + cookie};
  EXPECT_EQ(classify(with_cookie).disposition, Disposition::hit);
  EXPECT_EQ(context_.forward, Forward::none);
  clock_.advance(std::chrono::minutes{2});
  EXPECT_EQ(classify(with_cookie).disposition, Disposition::fetch) << "a stale one must not be validated for others";
  EXPECT_FALSE(context_.entry);
}

TEST_F(ClassifyTest, DoesNotServeWithoutCookiesWhatCameForOne) {
  store(classify(Asked{"GET http://plain.test/x", "Host: plain.test\r\nCookie: session=1\r\n"}));
  EXPECT_EQ(classify(Asked{"GET http://plain.test/x", "Host: plain.test\r\n"}).disposition, Disposition::fetch);
  EXPECT_EQ(classify(Asked{"GET http://plain.test/x", "Host: plain.test\r\nCookie: session=2\r\n"}).disposition,
            Disposition::fetch);
}

TEST_F(ClassifyTest, NamesARulesAndAnUpstreamsLabelOnce) {
  const auto label_of = [this](const rules::Verdict& verdict) {
    return snapshot_->labels->index_of(verdict, metrics_);
  };
  const auto with_rule = label_of(classify("GET /up/tv/7").verdict);
  const auto without = label_of(classify("GET /up/other").verdict);
  EXPECT_EQ(label_of({}), 0U);
  EXPECT_NE(with_rule, without);
  const auto labels = metrics_.labels();
  EXPECT_EQ(labels[with_rule].type, "series");
  EXPECT_EQ(labels[with_rule].upstream, "up");
  EXPECT_EQ(labels[without].type, "");
  EXPECT_EQ(label_of(classify("GET /up/tv/9").verdict), with_rule);
}

}  // namespace
}  // namespace cachearr::pipeline
