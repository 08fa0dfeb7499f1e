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

}  // namespace
}  // namespace cachearr::http
