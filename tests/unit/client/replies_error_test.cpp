#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "base/text.hpp"
#include "http/status.hpp"
#include "unit/client/stored_reply.hpp"

namespace cachearr::client {
namespace {

using cachearr::test::Answered;
using rules::ErrorStyle;
using ::testing::IsEmpty;
using ::testing::Not;

struct ErrorText {
  explicit ErrorText(const ErrorReply& error, ErrorStyle style = ErrorStyle::problem, bool head_only = false,
                     ReplyConnection goes_on = {})
      : sent{append_error(connection.sink, error, head_only, style, goes_on)}, answer{connection.text()} {}
  cachearr::test::Http1Connection connection;
  ReplySize sent;
  Answered answer;
};

TEST(AnErrorReply, IsAProblemThatTellsWhatIsWrong) {
  const ErrorText error{{504, "the origin did not answer in 30 s", "", nullptr}};
  EXPECT_EQ(error.answer.head.status, 504);
  EXPECT_EQ(error.answer.head.reason, "Gateway Timeout");
  EXPECT_EQ(error.answer.field("Content-Type"), "application/problem+json");
  EXPECT_EQ(error.answer.field("Content-Length"), std::to_string(error.answer.body.size()));
  EXPECT_EQ(error.answer.field("Cache-Control"), "no-store");
  EXPECT_EQ(error.answer.field("Cache-Status"), "cachearr");
  const auto body = nlohmann::json::parse(error.answer.body);
  EXPECT_EQ(body["status"], 504);
  EXPECT_EQ(body["title"], "Gateway Timeout");
  EXPECT_EQ(body["detail"], "the origin did not answer in 30 s");
  EXPECT_EQ(body["type"], "about:blank");
  EXPECT_EQ(error.sent.status, 504);
  EXPECT_EQ(error.sent.body_bytes, error.answer.body.size());
}

TEST(AnErrorReply, EscapesWhateverItTells) {
  const std::string detail = "a \"b\" <c> & 'd' \\ \n\t\x01 \xff";
  const ErrorText problem{{400, detail, "", nullptr}};
  EXPECT_EQ(nlohmann::json::parse(problem.answer.body)["detail"], "a \"b\" <c> & 'd' \\ \n\t\x01 \xEF\xBF\xBD");
  const ErrorText newznab{{400, "a \"b\" <c> & 'd' \\ \n\t\x01", "", nullptr}, ErrorStyle::newznab};
  pugi::xml_document xml;
  ASSERT_TRUE(xml.load_buffer(newznab.answer.body.data(), newznab.answer.body.size()));
  EXPECT_STREQ(xml.child("error").attribute("description").value(), "a \"b\" <c> & 'd' \\    ");
}

TEST(AnErrorReply, IsAlwaysUtf8) {
  const ErrorText newznab{{400, "bad \xff\xfe byte", "", nullptr}, ErrorStyle::newznab};
  EXPECT_TRUE(text::is_utf8(newznab.answer.body));
}

TEST(AnErrorReply, IsNewznabWhereTheRulesSaySo) {
  const ErrorText other{{502, "broken", "", nullptr}, ErrorStyle::newznab};
  EXPECT_EQ(other.answer.head.status, 502);
  EXPECT_EQ(other.answer.field("Content-Type"), "application/xml");
  pugi::xml_document xml;
  ASSERT_TRUE(xml.load_buffer(other.answer.body.data(), other.answer.body.size()));
  EXPECT_STREQ(xml.child("error").attribute("code").value(), "900");
  EXPECT_STREQ(xml.child("error").attribute("description").value(), "broken");
  const ErrorText limited{{429, "wait", "", nullptr}, ErrorStyle::newznab};
  ASSERT_TRUE(xml.load_buffer(limited.answer.body.data(), limited.answer.body.size()));
  EXPECT_STREQ(xml.child("error").attribute("code").value(), "500");
}

TEST(AnErrorReply, HasNoBodyToHead) {
  const ErrorText head{{502, "broken", "", nullptr}, ErrorStyle::problem, true};
  EXPECT_THAT(head.answer.body, IsEmpty());
  EXPECT_THAT(head.answer.field("Content-Length"), Not(IsEmpty()));
  EXPECT_NE(head.answer.field("Content-Length"), "0");
  EXPECT_EQ(head.sent.body_bytes, 0U);
}

TEST(AnErrorReply, CarriesFurtherFieldsAndTheDecision) {
  http::CacheStatus status;
  status.forward = http::Forward::uri_miss;
  status.detail = "cooldown";
  const ErrorText error{{429, "wait", "Retry-After: 7\r\n", &status}, ErrorStyle::problem, false, {false, false}};
  EXPECT_EQ(error.answer.field("Retry-After"), "7");
  EXPECT_EQ(error.answer.field("Cache-Status"), "cachearr; fwd=uri-miss; detail=cooldown");
  EXPECT_EQ(error.answer.field("Connection"), "close");
}

TEST(AnErrorReply, HasAReasonForEveryStatusMadeHere) {
  for (const int status :
       {400, 403, 404, 407, 408, 412, 413, 414, 416, 417, 421, 429, 431, 500, 501, 502, 503, 504, 505, 508})
    EXPECT_THAT(http::reason_phrase(status), Not(IsEmpty())) << status;
  EXPECT_THAT(http::reason_phrase(299), IsEmpty());
}

}  // namespace
}  // namespace cachearr::client
