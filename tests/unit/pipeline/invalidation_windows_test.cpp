#include "pipeline/invalidation_windows.hpp"

#include <gtest/gtest.h>

namespace cachearr::pipeline {
namespace {

using caching::Invalidation;
using DueTimes = std::vector<int>;

const TimePoint kOpened{std::chrono::seconds{1'700'000'000}};

using Due = InvalidationWindows::Due;
Due tagged(std::string text, bool shared = false) {
  return {{Invalidation::Kind::tag, std::move(text), false}, shared};
}
TimePoint seconds_later(int seconds) { return kOpened + std::chrono::seconds{seconds}; }

/// The seconds at which something is due, asked once a second.
DueTimes due_times(InvalidationWindows& windows, int until) {
  DueTimes times;
  for (int second = 0; second <= until; ++second)
    if (!windows.due(seconds_later(second)).empty()) times.push_back(second);
  return times;
}

TEST(InvalidationWindows, InvalidateAgainAndAgainAndAtTheirEnd) {
  InvalidationWindows windows;
  windows.open(tagged("a"), kOpened, seconds_later(17));
  EXPECT_EQ(due_times(windows, 100), (DueTimes{5, 10, 15, 17}));
  EXPECT_EQ(windows.size(), 0U);
}

TEST(InvalidationWindows, AreProlongedByAnotherWrite) {
  InvalidationWindows windows;
  windows.open(tagged("a"), kOpened, seconds_later(6));
  windows.open(tagged("a"), seconds_later(2), seconds_later(12));
  EXPECT_EQ(windows.size(), 1U);
  EXPECT_EQ(due_times(windows, 100), (DueTimes{5, 10, 12}));
}

TEST(InvalidationWindows, AreNotShortenedByAnotherWrite) {
  InvalidationWindows windows;
  windows.open(tagged("a"), kOpened, seconds_later(12));
  windows.open(tagged("a"), seconds_later(2), seconds_later(3));
  EXPECT_EQ(due_times(windows, 100), (DueTimes{5, 10, 12}));
}

TEST(InvalidationWindows, AreOneForEachName) {
  InvalidationWindows windows;
  windows.open(tagged("a"), kOpened, seconds_later(10));
  windows.open({{Invalidation::Kind::key, "a", false}, false}, kOpened, seconds_later(10));
  EXPECT_EQ(windows.due(seconds_later(5)),
            (std::vector<Due>{{{Invalidation::Kind::key, "a", false}, false}, tagged("a")}));
}

TEST(InvalidationWindows, AreSharedWhereOneOfTheirWritesIs) {
  InvalidationWindows windows;
  windows.open(tagged("a"), kOpened, seconds_later(10));
  windows.open(tagged("a", true), seconds_later(1), seconds_later(10));
  EXPECT_EQ(windows.due(seconds_later(5)), std::vector{tagged("a", true)});
}

TEST(InvalidationWindows, AreBounded) {
  InvalidationWindows windows;
  for (int i = 0; i < 2000; ++i) windows.open(tagged(std::to_string(i)), kOpened, seconds_later(10 + i));
  EXPECT_EQ(windows.size(), InvalidationWindows::kMost);
  EXPECT_EQ(windows.due(seconds_later(5)).size(), InvalidationWindows::kMost);
}

}  // namespace
}  // namespace cachearr::pipeline
