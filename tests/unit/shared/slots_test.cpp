#include "shared/slots.hpp"

#include <gtest/gtest.h>

#include "shared/draw.hpp"
#include "shared/names.hpp"

namespace cachearr::shared {
namespace {

Reply read_all(std::string_view bytes) {
  ReplyReader reader{1024};
  EXPECT_EQ(reader.feed(bytes), ReplyReader::Status::ready);
  return reader.take();
}

Reply error(std::string text) {
  Reply reply;
  reply.kind = Reply::Kind::error;
  reply.text = std::move(text);
  return reply;
}

// Slots 0 to 8191 at a:1 with replica c:3, the others at b:2.
constexpr std::string_view kTwoMasters =
    "*2\r\n*4\r\n:0\r\n:8191\r\n*2\r\n$1\r\na\r\n:1\r\n*2\r\n$1\r\nc\r\n:3\r\n"
    "*3\r\n:8192\r\n:16383\r\n*2\r\n$1\r\nb\r\n:2\r\n";

TEST(Slots, AreThoseOfTheSpecification) {
  EXPECT_EQ(slot_of("123456789"), 0x31C3);
  EXPECT_EQ(slot_of("foo"), 12182);
  EXPECT_EQ(slot_of(""), 0);
}

TEST(Slots, GoByTheTextInTheFirstBraces) {
  EXPECT_EQ(slot_of("a:{foo}:b"), slot_of("foo"));
  EXPECT_EQ(slot_of("{foo}{bar}"), slot_of("foo"));
  EXPECT_EQ(slot_of("{{foo}}"), slot_of("{foo"));
  EXPECT_NE(slot_of("a{}foo"), slot_of("foo"));
  EXPECT_NE(slot_of("a{foo"), slot_of("foo"));
}

TEST(Slots, AreTheSameForAllKeysOfAScript) {
  const Names names{"cachearr"};
  EXPECT_EQ(slot_of(names.record("0f")), slot_of(names.lock("0f")));
  EXPECT_EQ(slot_of(names.stream()), slot_of(names.counter()));
  EXPECT_EQ(slot_of(names.stream()), slot_of(names.members()));
  EXPECT_EQ(slot_of(names.stream()), slot_of(names.cards()));
  for (const auto& key : lane_keys(names, "0f", std::vector<limit::QuotaConfig>(3), false))
    EXPECT_EQ(slot_of(key), slot_of(names.lane("0f"))) << key;
}

TEST(TheKeyOfACommand, IsWhereItsKindHasIt) {
  EXPECT_EQ(key_of(command({"GET", "k"})), "k");
  EXPECT_EQ(key_of(command({"SET", "k", "a\r\nb", "PXAT", "1"})), "k");
  EXPECT_EQ(key_of(command({"EVALSHA", "0123", "2", "k", "l", "x"})), "k");
  EXPECT_EQ(key_of(command({"EVAL", "return 1", "0", "x"})), std::nullopt);
  EXPECT_EQ(key_of(command({"XREAD", "BLOCK", "2000", "COUNT", "5", "STREAMS", "k", "0-0"})), "k");
  EXPECT_EQ(key_of(command({"TIME"})), std::nullopt);
  EXPECT_EQ(key_of(command({"INFO", "memory"})), std::nullopt);
  EXPECT_EQ(key_of(command({"CLUSTER", "SLOTS"})), std::nullopt);
  EXPECT_EQ(key_of("*2\r\n$3\r\nGET\r\n$9\r\nk\r\n"), std::nullopt);
  EXPECT_EQ(key_of("GET k"), std::nullopt);
}

TEST(ARedirect, SaysWhereAndForHowLong) {
  EXPECT_EQ(read_redirect(error("MOVED 3999 127.0.0.1:6381")), (Redirect{false, 3999, {"127.0.0.1", 6381}}));
  EXPECT_EQ(read_redirect(error("ASK 3999 ::1:6381")), (Redirect{true, 3999, {"::1", 6381}}));
  EXPECT_EQ(read_redirect(error("MOVED 3999 :6381")), (Redirect{false, 3999, {"", 6381}}));
}

TEST(ARedirect, ThatIsNoneIsNotFollowed) {
  for (const char* const text : {"MOVED", "MOVED 16384 a:1", "MOVED 1 a", "MOVED 1 a:0", "MOVED 1 a:70000",
                                 "MOVED x a:1", "ERR MOVED 1 a:1", "TRYAGAIN Multiple keys"})
    EXPECT_FALSE(read_redirect(error(text))) << text;
}

TEST(TheMap, SaysWhoServesEachSlot) {
  const auto map = SlotMap::read(read_all(kTwoMasters), "asked");
  ASSERT_TRUE(map);
  EXPECT_TRUE(map->is_complete());
  EXPECT_EQ(*map->master_of(8191), (ServerHost{"a", 1}));
  EXPECT_EQ(*map->master_of(8192), (ServerHost{"b", 2}));
  EXPECT_EQ(map->masters(), (std::vector<ServerHost>{{"a", 1}, {"b", 2}}));
  EXPECT_EQ(map->nodes(), (std::vector<ServerHost>{{"a", 1}, {"b", 2}, {"c", 3}}));
}

TEST(TheMap, TakesWhoWasAskedForANameThatIsLeftOut) {
  const auto map = SlotMap::read(read_all("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n_\r\n:7\r\n"), "asked");
  ASSERT_TRUE(map);
  EXPECT_EQ(*map->master_of(0), (ServerHost{"asked", 7}));
}

TEST(TheMap, IsIncompleteWhereASlotIsServedByNobody) {
  const auto map = SlotMap::read(read_all("*1\r\n*3\r\n:0\r\n:16382\r\n*2\r\n$1\r\na\r\n:1\r\n"), "asked");
  ASSERT_TRUE(map);
  EXPECT_FALSE(map->is_complete());
  EXPECT_EQ(map->master_of(16383), nullptr);
}

TEST(TheMap, IsNoneOfWhatIsNoAnswer) {
  for (const std::string_view bytes :
       {"+OK\r\n", "*1\r\n:1\r\n", "*1\r\n*3\r\n:5\r\n:4\r\n*2\r\n$1\r\na\r\n:1\r\n",
        "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\na\r\n:1\r\n", "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\na\r\n:0\r\n"})
    EXPECT_FALSE(SlotMap::read(read_all(bytes), "asked")) << bytes;
}

}  // namespace
}  // namespace cachearr::shared
