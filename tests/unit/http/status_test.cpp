#include "http/status.hpp"

#include <gtest/gtest.h>

namespace cachearr::http {
namespace {

TEST(ReasonPhrase, IsWhatTheRfcNamesTheStatus) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(413), "Content Too Large");
  EXPECT_EQ(reason_phrase(504), "Gateway Timeout");
}

TEST(ReasonPhrase, IsEmptyForAStatusThatNobodyNamed) {
  EXPECT_EQ(reason_phrase(299), "");
  EXPECT_EQ(reason_phrase(0), "");
}

TEST(AStatusLine, HasTheRegisteredPhrase) {
  std::string text = "before ";
  append_status_line(text, 404);
  EXPECT_EQ(text, "before HTTP/1.1 404 Not Found\r\n");
}

TEST(AStatusLine, OfAnUnknownStatusKeepsTheSpaceBeforeItsEmptyPhrase) {
  std::string text;
  append_status_line(text, 299);
  EXPECT_EQ(text, "HTTP/1.1 299 \r\n");
}

TEST(AProblem, KeepsAnyTextInsideItsDetail) {
  EXPECT_EQ(problem_json(400, "a \"b\"\n"),
            "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\"detail\":\"a \\\"b\\\"\\n\"}\n");
}

}  // namespace
}  // namespace cachearr::http
