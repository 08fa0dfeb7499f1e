#include "shared/pulse.hpp"

#include <gtest/gtest.h>

#include "shared/breaker.hpp"
#include "shared/script.hpp"

namespace cachearr::shared {
namespace {

using namespace std::chrono_literals;

TEST(TheOffset, IsThatOfTheQuickestQuestion) {
  ClockOffset offset;
  offset.add(1'000'000us, 1'100'000us, 4'500'000us);  // slow, and off by as much
  offset.add(2'000'000us, 2'000'100us, 5'000'050us);
  offset.add(3'000'000us, 3'050'000us, 6'040'000us);
  EXPECT_EQ(offset.ahead(), 3s);
}

TEST(TheOffset, ForgetsWhatWasFiveQuestionsAgo) {
  ClockOffset offset;
  offset.add(0us, 1us, 9'000'000us);
  for (int i = 1; i <= 5; ++i) offset.add(i * 1'000'000us, i * 1'000'000us + 500us, i * 1'000'000us + 250us);
  EXPECT_EQ(offset.ahead(), 0s);
}

TEST(TheMemory, IsReadFromWhatTheServerTells) {
  const auto memory = memory_of(
      "# Memory\r\nused_memory:1500\r\nused_memory_human:1K\r\nmaxmemory:2000\r\nmaxmemory_policy:allkeys-lru\r\n");
  EXPECT_EQ(memory.used, 1500U);
  EXPECT_EQ(memory.percent(), 75);
  EXPECT_EQ(memory.policy, "allkeys-lru");
  EXPECT_EQ(memory_of("").percent(), 0);
}

TEST(ACard, ComesBackAsItWas) {
  Member member, read;
  member.version = "1.2";
  member.address = "10.0.0.1:9797";
  member.rules = "ab12";
  read_card_text(card_text(member), read);
  EXPECT_EQ(read.version + read.address + read.rules, "1.210.0.0.1:9797ab12");
  Member untouched;
  read_card_text("garbage", untouched);
  EXPECT_TRUE(untouched.version.empty());
}

TEST(TheBreaker, OpensAfterFiveFailuresRunning) {
  Breaker breaker;
  const Breaker::Time now{};
  for (int i = 0; i < 4; ++i) breaker.failed(now);
  breaker.succeeded(now);
  for (int i = 0; i < 4; ++i) breaker.failed(now);
  EXPECT_FALSE(breaker.is_open());
  breaker.failed(now);
  EXPECT_TRUE(breaker.is_open());
}

TEST(TheBreaker, OpensWhereHalfOfTwentyFailWithinASecond) {
  Breaker quick, slow;
  for (int i = 0; i < 20; ++i) {
    const Breaker::Time at{i * 10ms}, seldom{i * 1s};
    i % 2 == 0 ? quick.succeeded(at) : quick.failed(at);
    i % 2 == 0 ? slow.succeeded(seldom) : slow.failed(seldom);
  }
  EXPECT_TRUE(quick.is_open());
  EXPECT_FALSE(slow.is_open());
}

TEST(TheBreaker, IsClosedByTwoGoodPulsesRunning) {
  Breaker breaker;
  for (int i = 0; i < 5; ++i) breaker.failed({});
  breaker.pulse(true);
  breaker.pulse(false);
  breaker.pulse(true);
  EXPECT_TRUE(breaker.is_open());
  breaker.pulse(true);
  EXPECT_FALSE(breaker.is_open());
}

TEST(AScript, SaysThatItMayRunWhereServersUnderstandThat) {
  const Script script{"return 1"};
  const ServerInfo old{"redis", "6.2.1", "", "", ""}, modern{"redis", "7.0.15", "", "", ""};
  EXPECT_TRUE(script.text(old).ends_with("\nreturn 1"));
  EXPECT_EQ(script.text(modern), "#!lua flags=allow-oom\n" + script.text(old));
  EXPECT_EQ(script.text({"valkey", "8.0.1", "", "", ""}), script.text(modern));
  EXPECT_NE(script.hash(old), script.hash(modern));
}

}  // namespace
}  // namespace cachearr::shared
