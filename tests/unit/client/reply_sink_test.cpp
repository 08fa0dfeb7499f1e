#include "client/reply_sink.hpp"

#include <gmock/gmock.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "unit/client/stored_reply.hpp"

namespace cachearr::client {
namespace {

using cachearr::test::Asked;
using cachearr::test::stored;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using Body = ReplySink::Body;

/// A connection that frames nothing: what a reply tells it, in order.
class RecordingSink final : public ReplySink {
 public:
  std::string& begin_head(const store::EntryPtr& stored) override {
    calls.emplace_back(stored ? "stored head" : "head");
    return text = stored ? std::string{stored->head()} : std::string{};
  }
  bool end_head(Body body, Connection) override {
    calls.emplace_back(body == Body::none ? "no body" : body == Body::counted ? "counted" : "uncounted");
    return true;
  }
  void body(const store::EntryPtr& owner, std::string_view bytes) override {
    const auto whole = owner->body();
    const bool owned = bytes.data() >= whole.data() && bytes.data() + bytes.size() <= whole.data() + whole.size();
    calls.push_back((owned ? "slice " : "foreign ") + std::string{bytes});
  }
  void body(std::shared_ptr<const std::string> piece) override { calls.push_back("piece " + *piece); }
  void body(std::string_view bytes) override { calls.push_back("copy " + std::string{bytes}); }
  void end() override { calls.emplace_back("end"); }
  void end_with(std::string_view trailers) override { calls.push_back("end with " + std::string{trailers}); }
  void reset() override { calls.emplace_back("reset"); }

  std::string text;
  std::vector<std::string> calls;
};

ReplySize reply(RecordingSink& sink, const std::string& lines, const std::string& start = "GET /x") {
  const Asked asked{start, "Host: a.test\r\n" + lines};
  return append_stored(sink, asked.head, stored(), cachearr::test::Reply::hit(), cachearr::test::kStoredAt, {});
}

TEST(AReply, HandsOverTheStoredHeadAndBodyByReference) {
  RecordingSink sink;
  EXPECT_EQ(reply(sink, "").body_bytes, 10U);
  EXPECT_THAT(sink.calls, ElementsAre("stored head", "counted", "slice 0123456789", "end"));
  EXPECT_THAT(sink.text, HasSubstr("\r\nAge: 0\r\nCache-Status: cachearr; hit\r\n"));
}

TEST(AReply, LeavesToTheSinkWhatIsAboutOneConnection) {
  for (const auto* const line : {"", "Range: bytes=1-2\r\n", "Range: bytes=90-\r\n", "If-None-Match: *\r\n"}) {
    RecordingSink sink;
    reply(sink, line);
    EXPECT_THAT(sink.text, StartsWith("HTTP/1.1 ")) << line;
    EXPECT_THAT(sink.text, Not(HasSubstr("Connection:"))) << line;
    EXPECT_THAT(sink.text, Not(HasSubstr("Transfer-Encoding:"))) << line;
    EXPECT_THAT(sink.text, Not(HasSubstr("\r\n\r\n"))) << line;
  }
}

TEST(AReply, WithoutABodyEndsWithItsHead) {
  for (const auto* const line : {"If-None-Match: *\r\n", "If-Match: \"v2\"\r\n", "Range: bytes=90-\r\n"}) {
    RecordingSink sink;
    reply(sink, line);
    EXPECT_THAT(sink.calls, ElementsAre("head", "no body")) << line;
  }
  RecordingSink sink;
  reply(sink, "", "HEAD /x");
  EXPECT_THAT(sink.calls, ElementsAre("stored head", "no body"));
}

TEST(AReply, InPartsHandsOverSlicesOfTheStoredBody) {
  RecordingSink single;
  reply(single, "Range: bytes=2-4\r\n");
  EXPECT_THAT(single.calls, ElementsAre("head", "counted", "slice 234", "end"));
  RecordingSink several;
  reply(several, "Range: bytes=0-0,9-9\r\n");
  EXPECT_THAT(several.calls, ElementsAre("head", "counted", StartsWith("copy \r\n--"), "slice 0",
                                         StartsWith("copy \r\n--"), "slice 9", StartsWith("copy \r\n--"), "end"));
}

TEST(AReply, WhoseBodyIsMadeLaterIsUncounted) {
  const auto head_of = [](RecordingSink& sink, const std::string& start, const std::string& lines) {
    const Asked asked{start, "Host: a.test\r\n" + lines};
    return append_stored_head(sink, asked.head, stored(), cachearr::test::Reply::hit(), cachearr::test::kStoredAt, {});
  };
  RecordingSink get, head, unchanged;
  EXPECT_TRUE(head_of(get, "GET /x", "").body_follows);
  EXPECT_THAT(get.calls, ElementsAre("stored head", "uncounted"));
  EXPECT_FALSE(head_of(head, "HEAD /x", "").body_follows);
  EXPECT_THAT(head.calls, ElementsAre("stored head", "no body"));
  EXPECT_FALSE(head_of(unchanged, "GET /x", "If-None-Match: *\r\n").body_follows);
  EXPECT_THAT(unchanged.calls, ElementsAre("head", "no body"));
}

TEST(AReply, OfAnErrorIsWhole) {
  RecordingSink sink, head;
  const ErrorReply error{502, "broken", "", nullptr, cachearr::test::kStoredAt};
  append_error(sink, error, false, rules::ErrorStyle::problem, {});
  EXPECT_THAT(sink.calls, ElementsAre("head", "counted", HasSubstr("broken"), "end"));
  append_error(head, error, true, rules::ErrorStyle::problem, {});
  EXPECT_THAT(head.calls, ElementsAre("head", "no body"));
}

}  // namespace
}  // namespace cachearr::client
