#include "shared/resp.hpp"

#include <gtest/gtest.h>

namespace cachearr::shared {
namespace {

using ReplyKind = Reply::Kind;
using ReadStatus = ReplyReader::Status;

constexpr std::size_t kLongestReply = 1'000;

std::optional<Reply> read_reply(std::string_view bytes) {
  ReplyReader reader{kLongestReply};
  if (reader.feed(bytes) != ReadStatus::ready || !bytes.empty()) return std::nullopt;
  return reader.take();
}

ReadStatus status_of(std::string_view bytes) {
  ReplyReader reader{kLongestReply};
  return reader.feed(bytes);
}

TEST(Commands, AreListsOfTextsWithAnyBytes) {
  EXPECT_EQ(command({"SET", "k", std::string_view{"\r\n\0", 3}}),
            std::string_view("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\n\r\n\0\r\n", 29));
}

TEST(Replies, OfEachKindAreRead) {
  EXPECT_EQ(read_reply("+OK\r\n")->text, "OK");
  EXPECT_EQ(read_reply(":-12\r\n")->number, -12);
  EXPECT_EQ(read_reply("$4\r\na\r\nb\r\n")->text, "a\r\nb");
  EXPECT_EQ(read_reply("$0\r\n\r\n")->kind, ReplyKind::text);
  EXPECT_EQ(read_reply("$-1\r\n")->kind, ReplyKind::null);
  EXPECT_EQ(read_reply("*-1\r\n")->kind, ReplyKind::null);
  EXPECT_EQ(read_reply("_\r\n")->kind, ReplyKind::null);
  EXPECT_EQ(read_reply("#t\r\n")->number, 1);
  EXPECT_EQ(read_reply(",1732931234567\r\n")->to_number(), 1732931234567);
  EXPECT_EQ(read_reply("=7\r\ntxt:abc\r\n")->text, "txt:abc");
  EXPECT_TRUE(read_reply("-NOSCRIPT No matching\r\n")->is_error("NOSCRIPT"));
  EXPECT_FALSE(read_reply("-NOSCRIPTS No matching\r\n")->is_error("NOSCRIPT"));
  EXPECT_TRUE(read_reply("!9\r\nERR  well\r\n")->is_error("ERR"));
  EXPECT_EQ(read_reply("*0\r\n")->kind, ReplyKind::list);
}

TEST(Replies, InOneAnotherAreRead) {
  const auto reply = read_reply("%2\r\n+a\r\n*2\r\n:1\r\n~1\r\n:2\r\n+b\r\n$1\r\nx\r\n");
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->kind, ReplyKind::map);
  EXPECT_EQ(reply->find("b")->text, "x");
  EXPECT_EQ(reply->find("a")->items.at(1).items.at(0).number, 2);
  EXPECT_EQ(reply->find("c"), nullptr);
}

TEST(Replies, BehindAttributesAreWhatWasAskedFor) {
  EXPECT_EQ(read_reply("|1\r\n+ttl\r\n:3\r\n+OK\r\n")->text, "OK");
  EXPECT_EQ(read_reply("*2\r\n|1\r\n+ttl\r\n:3\r\n:1\r\n:2\r\n")->items.size(), 2U);
}

TEST(Replies, CutAnywhereAreTheSame) {
  const std::string whole = "*3\r\n$5\r\nhello\r\n%1\r\n+k\r\n:7\r\n_\r\n>2\r\n+message\r\n$3\r\nabc\r\n";
  for (std::size_t step = 1; step < whole.size(); ++step) {
    ReplyReader reader{kLongestReply};
    std::vector<Reply> replies;
    for (std::size_t at = 0; at < whole.size(); at += step) {
      auto part = std::string_view{whole}.substr(at, step);
      while (!part.empty()) {
        const auto status = reader.feed(part);
        ASSERT_NE(status, ReadStatus::broken);
        if (status == ReadStatus::ready) replies.push_back(reader.take());
      }
    }
    ASSERT_EQ(replies.size(), 2U) << step;
    EXPECT_EQ(replies[0].items[1].find("k")->number, 7);
    EXPECT_EQ(replies[1].kind, ReplyKind::push);
    EXPECT_EQ(replies[1].items[1].text, "abc");
  }
}

TEST(Replies, TooLargeAreSkippedWithoutBeingKept) {
  ReplyReader reader{kLongestReply};
  const std::string block(10'000, 'x');
  std::string_view begin = "$500000\r\n";
  ASSERT_EQ(reader.feed(begin), ReadStatus::need_more);
  for (int i = 0; i < 50; ++i) {
    std::string_view part = block;
    ASSERT_EQ(reader.feed(part), ReadStatus::need_more);
  }
  std::string_view end = "\r\n+next\r\n";
  ASSERT_EQ(reader.feed(end), ReadStatus::ready);
  EXPECT_EQ(reader.take().kind, ReplyKind::too_large);
  ASSERT_EQ(reader.feed(end), ReadStatus::ready);
  EXPECT_EQ(reader.take().text, "next");
}

TEST(Replies, ThatAreNoneEndTheConnectionForGood) {
  for (const std::string_view bytes : {"HTTP/1.1 200 OK\r\n", "*2000000000\r\n", "$1\r\nab\r\n", "$abc\r\n", ":1x\r\n",
                                       "$-2\r\n", "+OK\n", "\r\n", "$99999999999999999999\r\n", "$9999999999999999\r\n",
                                       "%5000\r\n", "#x\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"})
    EXPECT_EQ(status_of(bytes), ReadStatus::broken) << bytes;
  EXPECT_EQ(status_of("+" + std::string(ReplyReader::kLongestLine, 'x')), ReadStatus::broken);
  ReplyReader reader{kLongestReply};
  std::string_view wrong = "?\r\n", right = "+OK\r\n";
  EXPECT_EQ(reader.feed(wrong), ReadStatus::broken);
  EXPECT_EQ(reader.feed(right), ReadStatus::broken);
}

TEST(Replies, OfManyListsStayWithinTheMostNodes) {
  std::string bytes = "*8000\r\n";
  for (int i = 0; i < 8000; ++i) bytes += "*1\r\n";
  EXPECT_EQ(status_of(bytes), ReadStatus::broken);
}

TEST(Replies, OfManyTextsStayWithinTheMostTextAltogether) {
  constexpr std::size_t longest = 1'000'000;
  ReplyReader reader{longest};
  std::string_view begin = "*8000\r\n";
  ASSERT_EQ(reader.feed(begin), ReadStatus::need_more);
  const auto text = "$1000000\r\n" + std::string(longest, 'x') + "\r\n";
  std::size_t taken = 0;
  for (auto status = ReadStatus::need_more; status == ReadStatus::need_more && taken < 100; ++taken) {
    std::string_view part = text;
    status = reader.feed(part);
  }
  EXPECT_LE(taken * longest, ReplyReader::kMostText + 2 * longest);
}

TEST(Replies, MayEachHaveTheMostText) {
  ReplyReader reader{1'000'000};
  const auto text = "$1000000\r\n" + std::string(1'000'000, 'x') + "\r\n";
  for (int i = 0; i < 20; ++i) {
    std::string_view part = text;
    ASSERT_EQ(reader.feed(part), ReadStatus::ready);
    EXPECT_EQ(reader.take().text.size(), 1'000'000U);
  }
}

}  // namespace
}  // namespace cachearr::shared
