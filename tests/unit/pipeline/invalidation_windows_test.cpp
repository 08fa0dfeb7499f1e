#include "pipeline/invalidation_windows.hpp"

#include <gtest/gtest.h>

namespace cachearr::pipeline::test {
namespace {

using caching::Invalidation;
using Times = std::vector<int>;

const TimePoint kStart{std::chrono::seconds{1'700'000'000}};

Invalidation tag(std::string text) { return {Invalidation::Kind::tag, std::move(text), false}; }
TimePoint after(int seconds) { return kStart + std::chrono::seconds{seconds}; }

/// The seconds at which something is due, asked once a second.
Times due_times(InvalidationWindows& windows, int until) {
  Times times;
  for (int second = 0; second <= until; ++second)
    if (!windows.due(after(second)).empty()) times.push_back(second);
  return times;
}

TEST(InvalidationWindows, InvalidateAgainAndAgainAndAtTheirEnd) {
  InvalidationWindows windows;
  windows.open(tag("a"), kStart, after(17));
  EXPECT_EQ(due_times(windows, 100), (Times{5, 10, 15, 17}));
  EXPECT_EQ(windows.size(), 0U);
}

TEST(InvalidationWindows, AreProlongedByAnotherWrite) {
  InvalidationWindows windows;
  windows.open(tag("a"), kStart, after(6));
  windows.open(tag("a"), after(2), after(12));
  EXPECT_EQ(windows.size(), 1U);
  EXPECT_EQ(due_times(windows, 100), (Times{5, 10, 12}));
}

TEST(InvalidationWindows, AreNotShortenedByAnotherWrite) {
  InvalidationWindows windows;
  windows.open(tag("a"), kStart, after(12));
  windows.open(tag("a"), after(2), after(3));
  EXPECT_EQ(due_times(windows, 100), (Times{5, 10, 12}));
}

TEST(InvalidationWindows, AreOneForEachName) {
  InvalidationWindows windows;
  windows.open(tag("a"), kStart, after(10));
  windows.open({Invalidation::Kind::key, "a", false}, kStart, after(10));
  EXPECT_EQ(windows.due(after(5)), (std::vector<Invalidation>{{Invalidation::Kind::key, "a", false}, tag("a")}));
}

TEST(InvalidationWindows, AreBounded) {
  InvalidationWindows windows;
  for (int i = 0; i < 2000; ++i) windows.open(tag(std::to_string(i)), kStart, after(10 + i));
  EXPECT_EQ(windows.size(), InvalidationWindows::kMost);
  EXPECT_EQ(windows.due(after(5)).size(), InvalidationWindows::kMost);
}

}  // namespace
}  // namespace cachearr::pipeline::test
