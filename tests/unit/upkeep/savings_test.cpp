#include "upkeep/savings.hpp"

#include <gtest/gtest.h>
#include <random>
#include <string>

namespace cachearr::upkeep {
namespace {

constexpr std::int64_t kToday = 20'000;

SavingsDay sample() {
  SavingsDay day;
  day.day = kToday;
  day.add({"sonarr", "10.0.0.1"}, {3, 300, 6, 450});
  day.add({"", "fd00::1"}, {1, 0xFFFF'FFFF'FFFFU, 0, 7});
  return day;
}

TEST(ADayOfSavings, IsADayInUtc) {
  using namespace std::chrono;
  EXPECT_EQ(day_of(TimePoint{days{kToday}}), kToday);
  EXPECT_EQ(day_of(TimePoint{days{kToday + 1}} - milliseconds{1}), kToday);
  EXPECT_EQ(day_of(TimePoint{milliseconds{-1}}), -1);
  EXPECT_EQ(date_of(kToday), "2024-10-04");
}

TEST(ADayOfSavings, ComesBackFromItsBytes) {
  EXPECT_EQ(decode_savings_day(encode(sample())), sample());
  EXPECT_EQ(decode_savings_day(encode(SavingsDay{})), SavingsDay{});
}

TEST(ADayOfSavings, IsNoneWhereBytesAreMissingOrTooMany) {
  const auto bytes = encode(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_savings_day(std::string_view{bytes}.substr(0, size))) << size;
  EXPECT_FALSE(decode_savings_day(bytes + '\0'));
}

TEST(ADayOfSavings, IsNoneInAnotherVersion) {
  auto bytes = encode(sample());
  bytes[0] = 2;
  EXPECT_FALSE(decode_savings_day(bytes));
}

TEST(ADayOfSavings, IsReadFromAnyBytesWithoutOverread) {
  std::mt19937 random{7};
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 60, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    if (!bytes.empty()) bytes[0] = 1;
    const auto day = decode_savings_day(bytes);
    if (!day) continue;
    EXPECT_FALSE(date_of(day->day).empty());
  }
}

TEST(ADayOfSavings, PutsClientsThatAreTooManyTogether) {
  SavingsDay day;
  for (std::size_t i = 0; i < SavingsDay::kMostRows + 5; ++i) day.add({"up", "c" + std::to_string(i)}, {1, 1, 1, 1});
  EXPECT_EQ(day.rows.size(), SavingsDay::kMostRows + 1);
  EXPECT_EQ((day.rows.at({"up", "other"})), (Saved{5, 5, 5, 5}));
  day.add({"up", "c0"}, {1, 0, 0, 0});
  EXPECT_EQ((day.rows.at({"up", "c0"}).calls), 2U);
}

TEST(AReportOfSavings, AddsUpTheSameWhicheverWay) {
  std::map<std::int64_t, SavingsDay> days;
  days[kToday] = sample();
  days[kToday - 2].add({"sonarr", "10.0.0.2"}, {10, 20, 30, 40});
  days[kToday - 3].add({"sonarr", "10.0.0.2"}, {1000, 1000, 1000, 1000});
  const auto report = report_savings(days, kToday, 3);
  ASSERT_EQ(report.days.size(), 3U);
  EXPECT_EQ(report.days[0].first, kToday - 2);
  EXPECT_EQ(report.days[1].second, Saved{}) << "a day without any";
  EXPECT_EQ(report.total.calls, 14U) << "what is older is left out";
  ASSERT_EQ(report.upstreams.size(), 2U);
  EXPECT_EQ(report.upstreams[0].first, "sonarr") << "most calls first";
  EXPECT_EQ(report.upstreams[0].second, (Saved{13, 320, 36, 490}));
  EXPECT_EQ(report.clients[0].first, "10.0.0.2");
  for (const auto& list : {report.upstreams, report.clients}) {
    Saved sum;
    for (const auto& [name, saved] : list) sum += saved;
    EXPECT_EQ(sum, report.total);
  }
}

}  // namespace
}  // namespace cachearr::upkeep
