#include "net/inbox.hpp"

#include <gtest/gtest.h>

#include "unit/net/memory_stream.hpp"
#include "unit/net/pump.hpp"

namespace cachearr::net {
namespace {

using test::MemoryStream;
using test::Pump;

void put(Inbox& inbox, std::string_view bytes, std::size_t limit = 64 * 1024) {
  while (!bytes.empty()) {
    const auto room = inbox.space(limit);
    const auto take = std::min(room.size(), bytes.size());
    std::copy_n(bytes.begin(), take, room.begin());
    inbox.added(take);
    bytes.remove_prefix(take);
  }
}
std::string counted(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

TEST(AnInbox, GivesBytesInTheOrderTheyCame) {
  Inbox inbox;
  EXPECT_TRUE(inbox.empty());
  put(inbox, "one");
  put(inbox, "two");
  EXPECT_EQ(inbox.readable(), "onetwo");
  inbox.consume(3);
  EXPECT_EQ(inbox.readable(), "two");
  inbox.consume(3);
  EXPECT_TRUE(inbox.empty());
}

TEST(AnInbox, GrowsUpToTheLimitAndKeepsWhatItHolds) {
  Inbox inbox;
  const auto text = counted(40'000);
  put(inbox, text, text.size());
  EXPECT_EQ(inbox.readable(), text);
  EXPECT_FALSE(inbox.space(text.size() + 1).empty());
  EXPECT_EQ(inbox.readable(), text);
}

TEST(AnInbox, IsSmallAgainOnceItIsEmpty) {
  Inbox inbox;
  put(inbox, counted(10'000));
  inbox.consume(10'000);
  EXPECT_EQ(inbox.space(64 * 1024).size(), Inbox::kInline);
}

TEST(AnInbox, MovesToTheFrontBeforeItGrows) {
  Inbox inbox;
  const auto text = counted(Inbox::kInline);
  put(inbox, text);
  inbox.consume(1000);
  EXPECT_EQ(inbox.space(64 * 1024).size(), 1000U);
  EXPECT_EQ(inbox.readable(), std::string_view{text}.substr(1000));
}

TEST(AnInbox, TakesBytesInFrontOfWhatIsUnread) {
  Inbox inbox;
  inbox.prepend("head");
  EXPECT_EQ(inbox.readable(), "head");
  put(inbox, "tail");
  inbox.consume(2);
  inbox.prepend("HE");
  EXPECT_EQ(inbox.readable(), "HEadtail");
  const auto large = counted(100'000);
  inbox.prepend(large);
  EXPECT_EQ(inbox.readable(), large + "HEadtail");
}

TEST(AnInbox, ReadsOnceForEachFill) {
  Pump pump;
  MemoryStream stream{pump.worker};
  stream.sends("one");
  stream.sends("two");
  Inbox inbox;
  const auto first = pump.run(inbox.fill(stream, 100));
  EXPECT_EQ(first.bytes, 3U);
  EXPECT_EQ(inbox.readable(), "one");
  pump.run(inbox.fill(stream, 100));
  EXPECT_EQ(inbox.readable(), "onetwo");
  const auto last = pump.run(inbox.fill(stream, 100));
  EXPECT_EQ(last.error, IoError::closed);
  EXPECT_EQ(inbox.readable(), "onetwo");
}

TEST(AnInbox, FindsRoomForEveryByteBelowTheLimit) {
  Pump pump;
  MemoryStream stream{pump.worker};
  const auto text = counted(20'000);
  stream.sends(text);
  Inbox inbox;
  while (inbox.readable().size() < 17'000) ASSERT_GT(pump.run(inbox.fill(stream, 17'000)).bytes, 0U);
  EXPECT_EQ(inbox.readable(), std::string_view{text}.substr(0, inbox.readable().size()));
}

}  // namespace
}  // namespace cachearr::net
