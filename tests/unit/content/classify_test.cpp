#include "content/classify.hpp"

#include <gtest/gtest.h>
#include <string>

namespace cachearr::content {
namespace {

constexpr TimePoint kNow{Duration{1'735'862'400'000}};
constexpr std::string_view kHtml = "<!DOCTYPE html><html><body>Welcome</body></html>";

Answer json(std::string_view body, int status = 200) {
  return classify(Expect::json, "application/json", status, body, true, kNow);
}
Answer xml(std::string_view body, int status = 200) {
  return classify(Expect::xml, "application/rss+xml", status, body, true, kNow);
}

TEST(Classify, WholeJsonAndXmlAreAnswers) {
  EXPECT_EQ(json("{\"id\":1}").kind, AnswerKind::ok);
  EXPECT_EQ(xml("<rss version=\"2.0\"><channel><item/></channel></rss>").kind, AnswerKind::ok);
}

TEST(Classify, AFeedWithUndeclaredPrefixesIsAnAnswer) {
  EXPECT_EQ(xml("<rss><channel><torznab:attr name=\"a\"/></channel></rss>").kind, AnswerKind::ok);
}

TEST(Classify, ALimitInsideA200IsALimit) {
  const auto answer = xml("<error code=\"500\" description=\"Request limit reached\"/>");
  EXPECT_EQ(answer.kind, AnswerKind::limit);
  EXPECT_TRUE(answer.signal.limited);
}

TEST(Classify, A429IsALimitWithoutAWordInTheBody) { EXPECT_EQ(json("{}", 429).kind, AnswerKind::limit); }

TEST(Classify, ANewznabErrorIsAnErrorWithItsWords) {
  const auto answer = xml("<?xml version=\"1.0\"?><error code=\"100\" description=\"Incorrect user credentials\"/>");
  EXPECT_EQ(answer.kind, AnswerKind::error);
  EXPECT_EQ(answer.why, "error 100: Incorrect user credentials");
}

TEST(Classify, HtmlWhereDataIsDueIsAnError) {
  EXPECT_EQ(json(kHtml).kind, AnswerKind::error);
  EXPECT_EQ(xml(kHtml).kind, AnswerKind::error);
  EXPECT_EQ(classify(Expect::json, "text/html", 404, kHtml, true, kNow).kind, AnswerKind::error);
}

TEST(Classify, HtmlWhereAnythingWillDoIsAnAnswer) {
  EXPECT_EQ(classify(Expect::any, "text/html", 200, kHtml, true, kNow).kind, AnswerKind::ok);
}

TEST(Classify, AChallengePageIsNeverAnAnswer) {
  const std::string page = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>";
  const auto answer = classify(Expect::any, "text/html", 403, page, true, kNow);
  EXPECT_EQ(answer.kind, AnswerKind::error);
  EXPECT_EQ(answer.why, "challenge page: Cloudflare");
}

TEST(Classify, CutOffAndBrokenBodiesAreErrors) {
  EXPECT_EQ(json("{\"id\":").kind, AnswerKind::error);
  EXPECT_EQ(json("id=1").kind, AnswerKind::error);
  EXPECT_EQ(xml("<rss><channel><item>").kind, AnswerKind::error);
  EXPECT_EQ(xml("<rss><channel></rss>").kind, AnswerKind::error);
  EXPECT_EQ(classify(Expect::any, "image/jpeg", 200, "half", false, kNow).kind, AnswerKind::error);
}

TEST(Classify, AnEmptyBodyIsAnErrorWhereDataIsDue) {
  EXPECT_EQ(json("").kind, AnswerKind::error);
  EXPECT_EQ(json("", 204).kind, AnswerKind::ok);
  EXPECT_EQ(json("", 404).kind, AnswerKind::ok);
}

TEST(Classify, AnNzbWithoutFilesIsAnError) {
  EXPECT_EQ(classify(Expect::any, "application/x-nzb", 200, "<?xml version=\"1.0\"?><nzb></nzb>", true, kNow).kind,
            AnswerKind::error);
  EXPECT_EQ(classify(Expect::nzb, "application/xml", 200, "<nzb><file subject=\"a\"/></nzb>", true, kNow).kind,
            AnswerKind::ok);
}

TEST(Classify, SuccessFalseInA200IsAnError) {
  EXPECT_EQ(json(R"({"success":false,"status_message":"no"})").kind, AnswerKind::error);
  EXPECT_EQ(json(R"({"success":true})").kind, AnswerKind::ok);
}

TEST(Classify, SuccessFalseInA404IsAnHonestNo) {
  EXPECT_EQ(json(R"({"success":false,"status_code":34})", 404).kind, AnswerKind::ok);
}

TEST(Classify, OmdbsNotFoundIsAnAnswerAndItsOtherErrorsAreNot) {
  EXPECT_EQ(json(R"({"Response":"False","Error":"Movie not found!"})").kind, AnswerKind::ok);
  EXPECT_EQ(json(R"({"Response":"False","Error":"Invalid API key!"})").kind, AnswerKind::error);
}

TEST(Classify, TheXemsBenignFailuresAreAnswers) {
  EXPECT_EQ(json(R"({"result":"failure","message":"no show with the tvdb_id 1 found"})").kind, AnswerKind::ok);
  EXPECT_EQ(json(R"({"result":"failure","message":"database is down"})").kind, AnswerKind::error);
}

TEST(Classify, AServersErrorIsNoAnswer) {
  EXPECT_EQ(json("{}", 502).kind, AnswerKind::error);
  EXPECT_EQ(json("{}", 404).kind, AnswerKind::ok);
}

TEST(Classify, AnAnswerBringsTheLiveQuotaAlong) {
  const auto answer = xml("<rss><channel><newznab:apilimits apicurrent=\"1\" apimax=\"5\"/></channel></rss>");
  EXPECT_EQ(answer.kind, AnswerKind::ok);
  ASSERT_EQ(answer.signal.readings.size(), 1U);
  EXPECT_EQ(answer.signal.readings[0].remaining, 4U);
}

}  // namespace
}  // namespace cachearr::content
