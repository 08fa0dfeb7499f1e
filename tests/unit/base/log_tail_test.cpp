#include "base/log_tail.hpp"

#include <gtest/gtest.h>

namespace cachearr::log {
namespace {

std::uint64_t last_number() {
  const auto all = kept_lines();
  return all.empty() ? 0 : all.back().number;
}

TEST(KeptLines, AreToldInTheirOrderFromALevelAndANumberOn) {
  const auto before = last_number();
  keep_line(TimePoint{Duration{1000}}, Level::info, "one");
  keep_line(TimePoint{Duration{2000}}, Level::error, "two");
  const auto all = kept_lines(Level::trace, before);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].message, "one");
  EXPECT_EQ(all[1].at, TimePoint{Duration{2000}});
  const auto errors = kept_lines(Level::error, before);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].message, "two");
  EXPECT_TRUE(kept_lines(Level::trace, all[1].number).empty());
}

TEST(KeptLines, AreOfBoundedNumberAndLength) {
  for (std::size_t i = 0; i < kMostKeptLines + 10; ++i)
    keep_line({}, Level::info, std::string(kLongestKeptLine + 5, 'x'));
  const auto all = kept_lines();
  EXPECT_EQ(all.size(), kMostKeptLines);
  EXPECT_EQ(all.front().message.size(), kLongestKeptLine);
}

}  // namespace
}  // namespace cachearr::log
