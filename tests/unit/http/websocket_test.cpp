#include "http/websocket.hpp"

#include <gtest/gtest.h>

namespace cachearr::http {
namespace {

using FrameKind = WebSocketReader::Item::Kind;

/// A frame as a server sends it: unmasked.
std::string server_frame(unsigned first, const std::string& payload) {
  std::string bytes{static_cast<char>(first)};
  if (payload.size() < 126) {
    bytes += static_cast<char>(payload.size());
  } else {
    bytes += static_cast<char>(126);
    bytes += static_cast<char>(payload.size() >> 8);
    bytes += static_cast<char>(payload.size() & 0xFF);
  }
  return bytes + payload;
}

WebSocketReader::Item read_frame(const std::string& bytes, std::size_t most = 1000) {
  WebSocketReader reader{most};
  reader.append(bytes);
  return reader.next();
}

TEST(WebSocket, ProvesAsTheRfcsExampleDoes) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocket, MasksAsTheRfcsExampleDoes) {
  const std::string expected{"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11};
  EXPECT_EQ(websocket_frame(WebSocketOpcode::text, "Hello", {0x37, 0xfa, 0x21, 0x3d}), expected);
}

TEST(WebSocket, WritesLengthsOfEverySize) {
  const auto length = [](std::size_t size) {
    return websocket_frame(WebSocketOpcode::text, std::string(size, 'x'), {}).substr(1, 9);
  };
  EXPECT_EQ(length(125)[0], static_cast<char>(0xFD));
  EXPECT_EQ(length(126).substr(0, 3), (std::string{"\xFE\x00\x7E", 3}));
  EXPECT_EQ(length(70'000), (std::string{"\xFF\x00\x00\x00\x00\x00\x01\x11\x70", 9}));
}

TEST(WebSocket, ReadsAMessageWhereverItsBytesAreCut) {
  const auto bytes = server_frame(0x81, "Hello") + server_frame(0x81, std::string(300, 'y'));
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    WebSocketReader reader{1000};
    std::vector<std::string> messages;
    for (const auto& piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
      reader.append(piece);
      for (auto item = reader.next(); item.kind != FrameKind::need_more; item = reader.next()) {
        ASSERT_EQ(item.kind, FrameKind::message);
        messages.push_back(item.payload);
      }
    }
    EXPECT_EQ(messages, (std::vector<std::string>{"Hello", std::string(300, 'y')})) << cut;
  }
}

TEST(WebSocket, JoinsPartsAndTakesAPingBetweenThem) {
  WebSocketReader reader{1000};
  reader.append(server_frame(0x01, "Hel") + server_frame(0x89, "there?") + server_frame(0x00, "l") +
                server_frame(0x80, "o"));
  const auto ping = reader.next();
  EXPECT_EQ(ping.kind, FrameKind::ping);
  EXPECT_EQ(ping.payload, "there?");
  EXPECT_EQ(reader.next().payload, "Hello");
}

TEST(WebSocket, TellsTheReasonOfAClose) {
  EXPECT_EQ(read_frame(server_frame(0x88, "\x03\xe8going")).payload, "going");
  EXPECT_EQ(read_frame(server_frame(0x88, "")).kind, FrameKind::close);
  EXPECT_EQ(read_frame(server_frame(0x8A, "")).kind, FrameKind::pong);
}

TEST(WebSocket, RefusesWhatNoServerMaySend) {
  EXPECT_EQ(read_frame(server_frame(0xC1, "x")).kind, FrameKind::error);                      // a reserved bit
  EXPECT_EQ(read_frame(server_frame(0x83, "x")).kind, FrameKind::error);                      // an unknown kind
  EXPECT_EQ(read_frame(std::string{"\x81\x81\x00\x00\x00\x00x", 7}).kind, FrameKind::error);  // masked
  EXPECT_EQ(read_frame(server_frame(0x80, "x")).kind, FrameKind::error);                      // a part of nothing
  EXPECT_EQ(read_frame(server_frame(0x09, "x")).kind, FrameKind::error);                      // a ping in parts
  EXPECT_EQ(read_frame(server_frame(0x89, std::string(126, 'x'))).kind, FrameKind::error);    // a long ping
  WebSocketReader reader{1000};
  reader.append(server_frame(0x01, "a") + server_frame(0x81, "b"));
  EXPECT_EQ(reader.next().kind, FrameKind::error);
}

TEST(WebSocket, RefusesWhatIsTooLongBeforeItIsThere) {
  EXPECT_EQ(read_frame(server_frame(0x81, std::string(200, 'x')).substr(0, 4), 100).kind, FrameKind::error);
  EXPECT_EQ(read_frame(std::string{"\x81\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10}).kind, FrameKind::error);
  WebSocketReader reader{100};
  reader.append(server_frame(0x01, std::string(60, 'x')) + server_frame(0x80, std::string(41, 'x')));
  EXPECT_EQ(reader.next().kind, FrameKind::error);
}

}  // namespace
}  // namespace cachearr::http
