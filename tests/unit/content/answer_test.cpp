#include "content/answer.hpp"

#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "unit/content/packed.hpp"

namespace cachearr::content {
namespace {

using namespace std::string_literals;
using enum AnswerKind;

constexpr TimePoint kNow{Duration{1'735'862'400'000}};

Inspection inspected(Expect expect, std::string_view body, int status = 200, std::string_view type = "") {
  Question question;
  question.expect = expect;
  return inspect(question, {status, type, body}, kNow);
}
AnswerKind kind_of(Expect expect, std::string_view body, int status = 200, std::string_view type = "") {
  return inspected(expect, body, status, type).kind;
}

const std::string kJson = R"({"id":1,"name":"x"})";
const std::string kFeed = "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><item/></channel></rss>";
const std::string kNzb = "<?xml version=\"1.0\"?><!DOCTYPE nzb><nzb><file subject=\"a\"><segments/></file></nzb>";
const std::string kPage = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>Hello</body></html>";
const std::string kJpeg = "\xFF\xD8\xFF\xE0 picture \xFF\xD9";
const std::string kSvg = "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><g/></svg>";
const std::string kTorrent = "d8:announce14:http://t.org/a4:infod6:lengthi12e4:name1:aee";

/// What each expectation is met by.
const std::map<Expect, std::vector<std::string>> kMet{
    {Expect::json, {kJson, "[]", "\xEF\xBB\xBF" + kJson, "\n \t" + kJson + "\n", "null", "{\"a\":[1,],}"}},
    {Expect::xml, {kFeed, kNzb, "\xEF\xBB\xBF" + kFeed, "\r\n" + kFeed, "<anime id=\"1\"/>", "<caps/>"}},
    {Expect::feed,
     {kFeed, "\xEF\xBB\xBF" + kFeed, "<feed xmlns=\"http://www.w3.org/2005/Atom\"/>", "<rdf:RDF><item/></rdf:RDF>",
      "<rss><channel><torznab:attr name=\"a\"/></channel></rss>", "<caps><server/></caps>",
      R"({"channel":{"item":[]}})"}},
    {Expect::image,
     {kJpeg, "\x89PNG\r\n\x1A\n IEND\xAE\x42\x60\x82", "GIF89a \0;"s, "RIFF\x08\0\0\0WEBPVP8 "s, kSvg, "\0\0\1\0 icon"s,
      "\0\0\0\x1C"s + "ftypavif"}},
    {Expect::nzb, {kNzb, "\xEF\xBB\xBF" + kNzb, "<nzb><file/></nzb>"}},
    {Expect::torrent, {kTorrent}},
    {Expect::html, {kPage, "\n<p>piece</p>", "<html><body>"}},
    {Expect::any, {kJson, kFeed, kNzb, kPage, kJpeg, kTorrent, "text", ""}},
};

/// What nobody expects, whatever the kind; the names are for the message.
const std::map<std::string, std::string> kWreckage{
    {"nothing", ""},
    {"a blank line", "\r\n"},
    {"a mark alone", "\xEF\xBB\xBF"},
    {"a text", "Could not connect to mysql"},
    {"a text with a bracket", "Error: [HY000] {retry}"},
    {"PHP's last words", "PHP Fatal error:  Uncaught Error in /var/www/api.php:12"},
    {"PHP's last words as HTML", "<br />\n<b>Fatal error</b>:  Uncaught Error in <b>/var/www/api.php</b>"},
    {"PHP's warning in front", "Warning: mysql_connect() in /var/www/db.php on line 3\n"},
    {"a maintenance page as text", "Down for maintenance, back soon."},
    {"gzip bytes", test::gzipped("{}")},
    {"zeros", std::string(64, '\0')},
};

TEST(Answer, IsWhatWasExpected) {
  for (const auto& [expect, bodies] : kMet) {
    for (const auto& body : bodies) {
      const auto found = inspected(expect, body);
      EXPECT_EQ(found.kind, answer) << name_of(expect) << ": " << body << ": " << found.why;
    }
  }
}

TEST(Answer, IsJudgedByItsBodyWhateverItsTypeSays) {
  for (const char* type : {"", "text/plain", "text/html", "application/octet-stream", "image/png"}) {
    EXPECT_EQ(kind_of(Expect::json, kJson, 200, type), answer) << type;
    EXPECT_EQ(kind_of(Expect::feed, kFeed, 200, type), answer) << type;
    EXPECT_EQ(kind_of(Expect::nzb, kNzb, 200, type), answer) << type;
  }
  for (const auto& [expect, bodies] : kMet) {
    if (expect == Expect::any || expect == Expect::html) continue;
    for (const char* type : {"application/json", "application/rss+xml", "image/jpeg", "application/x-nzb"})
      EXPECT_EQ(kind_of(expect, "Could not connect to mysql", 200, type), no_answer) << name_of(expect) << type;
  }
}

TEST(Answer, IsNoneWhereSomethingElseCameWhateverIsExpected) {
  for (const auto& [expect, bodies] : kMet) {
    if (expect == Expect::any) continue;
    for (const auto& [what, body] : kWreckage) {
      const auto found = inspected(expect, body);
      EXPECT_EQ(found.kind, no_answer) << name_of(expect) << ": " << what;
      EXPECT_NE(found.why, "") << name_of(expect) << ": " << what;
    }
  }
}

TEST(Answer, IsNoneWhereAnotherKindCame) {
  const std::vector<std::pair<Expect, std::string>> all{{Expect::json, kJson},  {Expect::feed, kFeed},
                                                        {Expect::nzb, kNzb},    {Expect::html, kPage},
                                                        {Expect::image, kJpeg}, {Expect::torrent, kTorrent}};
  for (const auto& [expect, own] : all) {
    for (const auto& [other, body] : all) {
      const bool page = expect == Expect::html && body[0] == '<';
      if (expect == other || page) continue;
      EXPECT_EQ(kind_of(expect, body), no_answer) << name_of(other) << " where " << name_of(expect) << " is due";
    }
  }
  EXPECT_EQ(kind_of(Expect::xml, kJson), no_answer);
  EXPECT_EQ(kind_of(Expect::xml, kPage), no_answer);
  EXPECT_EQ(kind_of(Expect::nzb, "<nzb/>"), no_answer);
  EXPECT_EQ(kind_of(Expect::feed, "<rss/>"), no_answer);
  EXPECT_EQ(kind_of(Expect::feed, R"({"error":"no"})"), no_answer);
}

TEST(Answer, IsNoneWhereItIsCutOffAnywhere) {
  const std::map<Expect, std::string> whole{{Expect::json, kJson}, {Expect::xml, kNzb},   {Expect::feed, kFeed},
                                            {Expect::nzb, kNzb},   {Expect::image, kSvg}, {Expect::torrent, kTorrent}};
  for (const auto& [expect, body] : whole) {
    for (std::size_t size = 0; size < body.size(); ++size)
      ASSERT_EQ(kind_of(expect, body.substr(0, size)), no_answer) << name_of(expect) << " at " << size;
  }
  for (std::size_t size = 0; size + 2 < kJpeg.size(); ++size)
    ASSERT_EQ(kind_of(Expect::image, kJpeg.substr(0, size)), no_answer) << size;
}

TEST(Answer, IsNoneWhereItCannotBeDecodedWhateverIsExpected) {
  for (const auto& [expect, bodies] : kMet) {
    Question question;
    question.expect = expect;
    for (const auto state : {DecodeState::cut_off, DecodeState::broken, DecodeState::too_large})
      EXPECT_EQ(inspect(question, {200, "", bodies[0], state}, kNow).kind, no_answer) << name_of(expect);
    EXPECT_EQ(inspect(question, {200, "", bodies[0], DecodeState::unknown}, kNow).kind,
              expect == Expect::any ? answer : no_answer)
        << name_of(expect);
  }
}

TEST(Answer, ThatBreaksOffInsideItsCodingIsNone) {
  const auto packed = test::gzipped(kJson);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    Decoder decoder{"gzip"};
    std::string body;
    auto piece = std::string_view{packed}.substr(0, size);
    while (decoder.feed(piece, body) == DecodeState::pending) {}
    Question question;
    question.expect = Expect::json;
    EXPECT_EQ(inspect(question, {200, "application/json", body, decoder.finish()}, kNow).kind, no_answer) << size;
  }
}

TEST(Answer, OfAServerThatFailsIsNone) {
  for (const auto& [expect, bodies] : kMet) {
    for (const int status : {500, 502, 503, 504, 520, 599}) {
      EXPECT_EQ(kind_of(expect, bodies[0], status), no_answer) << name_of(expect) << status;
      EXPECT_EQ(kind_of(expect, kPage, status), no_answer) << name_of(expect) << status;
    }
  }
}

TEST(Answer, IsNoPageWhereDataIsDueAtAnyStatus) {
  for (const auto expect : {Expect::json, Expect::xml, Expect::feed, Expect::nzb, Expect::torrent}) {
    for (const int status : {200, 201, 400, 401, 403, 404, 405, 410, 451}) {
      EXPECT_EQ(kind_of(expect, kPage, status), no_answer) << name_of(expect) << status;
      EXPECT_EQ(kind_of(expect, "404 page not found", status), no_answer) << name_of(expect) << status;
    }
  }
}

TEST(Answer, IsTheApisOwnErrorInAFormThatProgramsRead) {
  for (const int status : {400, 401, 403, 404, 410, 422}) {
    const std::string json = R"({"success":false,"status_code":34,"status_message":"not found"})";
    for (const auto expect : {Expect::json, Expect::xml, Expect::feed, Expect::nzb, Expect::torrent, Expect::image})
      EXPECT_EQ(kind_of(expect, json, status), answer) << name_of(expect) << status;
    const std::string xml = "<?xml version=\"1.0\"?><error code=\"300\" description=\"No such item\"/>";
    for (const auto expect : {Expect::xml, Expect::feed, Expect::nzb, Expect::torrent, Expect::image})
      EXPECT_EQ(kind_of(expect, xml, status), answer) << name_of(expect) << status;
    EXPECT_EQ(kind_of(Expect::json, xml, status), no_answer) << status;
    EXPECT_EQ(kind_of(Expect::json, "{\"success\":fal", status), no_answer) << status;
    EXPECT_EQ(kind_of(Expect::html, kPage, status), answer) << status;
  }
}

TEST(Answer, MayBeEmptyWhereTheStatusSaysEnough) {
  for (const auto& [expect, bodies] : kMet) {
    for (const int status : {204, 301, 302, 303, 304, 307, 308, 400, 401, 404, 410})
      EXPECT_EQ(kind_of(expect, "", status), answer) << name_of(expect) << status;
  }
}

TEST(Answer, OfARedirectHasAnyBody) { EXPECT_EQ(kind_of(Expect::nzb, kPage, 302), answer); }

TEST(Answer, ThatThereIsNoSuchImageMayComeAsAPage) {
  EXPECT_EQ(kind_of(Expect::image, kPage, 404), answer);
  EXPECT_EQ(kind_of(Expect::image, "not found", 410), answer);
  EXPECT_EQ(kind_of(Expect::image, "<Error><Code>AccessDenied</Code></Error>", 403), answer);
  EXPECT_EQ(kind_of(Expect::image, kPage, 403), no_answer);
  EXPECT_EQ(kind_of(Expect::image, kPage, 401), no_answer);
}

TEST(Answer, IsNeverAChallengePage) {
  for (const char* mark : {"<title>Just a moment...</title>", "<script>window._cf_chl_opt={}</script>",
                           "<h1>Checking your browser before accessing x</h1>", "<p>DDoS-Guard</p>"}) {
    const auto page = "<!DOCTYPE html><html><head>" + std::string{mark} + "</head></html>";
    for (const auto& [expect, bodies] : kMet) {
      for (const int status : {200, 401, 403, 404}) {
        const auto found = inspected(expect, page, status);
        EXPECT_EQ(found.kind, no_answer) << name_of(expect) << status << mark;
        EXPECT_TRUE(found.why.starts_with("challenge page")) << name_of(expect) << status << mark;
      }
    }
  }
  EXPECT_EQ(kind_of(Expect::html, "<html><script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></html>"),
            answer);
}

TEST(Answer, NewznabsErrorsUnderASuccessKeepTheirMeaningAndAreNoFeed) {
  for (const char* code : {"100", "101", "102", "200", "201", "202", "203", "300"}) {
    const auto found = inspected(Expect::feed, "<error code=\"" + std::string{code} + "\" description=\"Sorry\"/>");
    EXPECT_EQ(found.kind, api_error) << code;
    EXPECT_EQ(found.why, "error " + std::string{code} + ": Sorry");
  }
  for (const char* body : {"<error code=\"900\" description=\"Unknown error\"/>", "<error code=\"910\"/>",
                           "<error>Banned</error>", "<error code=\"x\"/>"})
    EXPECT_EQ(kind_of(Expect::feed, body), no_answer) << body;
}

TEST(Answer, ThatIsALimitIsThatWhateverIsExpected) {
  const auto spent = inspected(Expect::nzb, "<error code=\"501\" description=\"Download limit reached\"/>");
  EXPECT_EQ(spent.kind, limit);
  EXPECT_EQ(spent.signal.scope, LimitWords::Scope::grab);
  for (const auto& [expect, bodies] : kMet) EXPECT_EQ(kind_of(expect, bodies[0], 429), limit) << name_of(expect);
}

TEST(Answer, ThatUsesTheUpstreamsOwnWordsIsALimitWhateverItsType) {
  const std::vector<LimitWords> words{
      {200, {"*enough for today*"}, std::chrono::hours{3}, LimitWords::Scope::grab, {}}};
  for (const auto& [expect, bodies] : kMet) {
    for (const char* body : {"Enough for today", "<html>That was enough for today</html>",
                             R"({"e":"enough for today"})", "<error description='enough for today'/>"}) {
      Question question;
      question.expect = expect;
      question.limits = words;
      const auto found = inspect(question, {200, "application/x-nzb", body}, kNow);
      EXPECT_EQ(found.kind, limit) << name_of(expect) << body;
      EXPECT_EQ(found.signal.pause, std::chrono::hours{3});
    }
  }
}

TEST(Answer, ThatIsDataHoldsNoWords) {
  const std::vector<LimitWords> words{{200, {"*picture*", "*item*", "*name*"}, std::chrono::hours{3}, {}, {}}};
  for (const auto& [expect, body] :
       {std::pair{Expect::image, kJpeg}, {Expect::torrent, kTorrent}, {Expect::feed, kFeed}}) {
    Question question;
    question.expect = expect;
    question.limits = words;
    EXPECT_EQ(inspect(question, {200, "", body}, kNow).kind, answer) << name_of(expect);
  }
}

TEST(Answer, BringsTheLiveQuotaAlong) {
  const auto found =
      inspected(Expect::feed, "<rss><channel><newznab:apilimits apicurrent=\"1\" apimax=\"5\"/></channel></rss>");
  EXPECT_EQ(found.kind, answer);
  ASSERT_EQ(found.signal.readings.size(), 1U);
  EXPECT_EQ(found.signal.readings[0].remaining, 4U);
}

TEST(Answer, TellsWhichConditionsHold) {
  BodyCondition total{.kind = BodyCondition::Kind::xml, .path = "rss/channel/item", .missing = true};
  BodyCondition text{.kind = BodyCondition::Kind::text, .like = {"*rss*"}};
  BodyCondition json{.kind = BodyCondition::Kind::json, .path = "/a"};
  const std::vector<const BodyCondition*> conditions{&total, &text, &json};
  Question question;
  question.expect = Expect::feed;
  question.conditions = conditions;
  EXPECT_EQ(inspect(question, {200, "", kFeed}, kNow).holds, (std::vector<bool>{false, true, false}));
  EXPECT_EQ(inspect(question, {200, "", "<rss><channel/></rss>"}, kNow).holds, (std::vector<bool>{true, true, false}));
  EXPECT_EQ(inspect(question, {200, "", "nothing"}, kNow).holds, (std::vector<bool>{false, false, false}));
}

}  // namespace
}  // namespace cachearr::content
