#include "app/cli/event_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

namespace cachearr::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> read(EventReader& reader, std::string_view bytes, std::size_t piece = 1'000'000) {
  std::vector<std::string> events;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    reader.read(bytes.substr(0, piece),
                [&](const StreamEvent& event) { events.push_back(event.name + "=" + event.data); });
  return events;
}

TEST(EventReader, ReadsEventsInWhateverPiecesTheyCome) {
  constexpr std::string_view bytes =
      "retry: 1000\n\n: still here\n\nid: 7\nevent: request\ndata: {\"a\":1}\n\nevent:dropped\r\ndata:x\r\ndata: "
      "y\r\n\r\n";
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
    EventReader reader;
    EXPECT_THAT(read(reader, bytes, piece), ElementsAre("request={\"a\":1}", "dropped=x\ny")) << piece;
    EXPECT_EQ(reader.last_id(), "7");
  }
}

TEST(EventReader, WhatHadBegunWhereTheStreamBrokeOffIsNoEvent) {
  EventReader reader;
  EXPECT_THAT(read(reader, "id: 1\ndata: a\n\nid: 2\ndata: hal"), ElementsAre("message=a"));
  reader.start_again();
  EXPECT_EQ(reader.last_id(), "1");
  EXPECT_THAT(read(reader, "data: b\n\n"), ElementsAre("message=b"));
}

TEST(EventReader, AnEventWithoutDataIsNone) {
  EventReader reader;
  EXPECT_THAT(read(reader, "event: x\nid: 3\n\n\n:\nfoo\nbar: x\n\n"), IsEmpty());
  EXPECT_EQ(reader.last_id(), "3");
}

}  // namespace
}  // namespace cachearr::app
