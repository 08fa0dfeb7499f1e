#include "http/content_range.hpp"

#include <gtest/gtest.h>

namespace cachearr::http {
namespace {

TEST(AContentRange, IsReadWithItsCompleteLength) {
  EXPECT_EQ(parse_content_range("bytes 0-4/10"), (ContentRange{0, 4, 10}));
  EXPECT_EQ(parse_content_range("Bytes 9-9/10"), (ContentRange{9, 9, 10}));
}

TEST(AContentRange, IsNoneWhereItContradictsItselfOrLeavesSomethingOpen) {
  for (const auto* const value :
       {"", "bytes", "bytes 0-4", "bytes 0-4/*", "bytes */10", "bytes 5-4/10", "bytes 0-10/10", "bytes 0-4/4",
        "bytes -4/10", "bytes 0-/10", "bytes +0-4/10", "bytes 0 - 4/10", "bytes=0-4/10", "items 0-4/10",
        "bytes 0-4/10, bytes 5-9/10", "bytes 0-18446744073709551616/18446744073709551617", "bytes 0/4-10"})
    EXPECT_EQ(parse_content_range(value), std::nullopt) << value;
}

TEST(AContentRange, IsWrittenAsItIsRead) {
  std::string out;
  append(out, {4, 8, 18446744073709551615U});
  EXPECT_EQ(out, "bytes 4-8/18446744073709551615");
  EXPECT_EQ(parse_content_range(out), (ContentRange{4, 8, 18446744073709551615U}));
}

TEST(AContentRange, IsWholeFromTheFirstByteToTheLast) {
  EXPECT_TRUE((ContentRange{0, 9, 10}).is_whole());
  EXPECT_FALSE((ContentRange{1, 9, 10}).is_whole());
  EXPECT_FALSE((ContentRange{0, 8, 10}).is_whole());
}

}  // namespace
}  // namespace cachearr::http
