#include "http/chunked.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace cachearr::http {
namespace {

using Kind = ChunkDecoder::Step::Kind;

struct Outcome {
  Kind kind = Kind::need_more;
  std::string body;
  std::string rest;  // what stands behind a finished message
  std::string trailers;
  friend bool operator==(const Outcome& a, const Outcome& b) {
    if (a.kind == Kind::error) return b.kind == Kind::error;
    return a.kind == b.kind && a.rest == b.rest && a.body == b.body && a.trailers == b.trailers;
  }
};

/// Feeds one piece after another, as they would arrive.
Outcome decode(const std::vector<std::string_view>& pieces) {
  ChunkDecoder decoder;
  Outcome outcome;
  for (auto piece : pieces) {
    while (outcome.kind != Kind::done) {
      const auto step = decoder.next(piece);
      outcome.kind = step.kind;
      outcome.body += step.data;
      outcome.trailers += step.trailer;
      piece.remove_prefix(step.consumed);
      if (step.kind == Kind::error) return outcome;
      if (step.kind == Kind::need_more) break;
    }
    if (outcome.kind == Kind::done) outcome.rest += piece;
  }
  return outcome;
}

Outcome decode(std::string_view text) { return decode(std::vector{text}); }

std::vector<std::string_view> bytes_of(std::string_view text) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < text.size(); ++i) pieces.push_back(text.substr(i, 1));
  return pieces;
}

/// The outcome is the same wherever the text is cut, in two and into single bytes.
void expect_same_for_every_packetisation(std::string_view text) {
  const auto whole = decode(text);
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    EXPECT_EQ(decode({text.substr(0, cut), text.substr(cut)}), whole) << text << " cut at " << cut;
  }
  EXPECT_EQ(decode(bytes_of(text)), whole) << text;
}

struct Good {
  std::string text;
  std::string body;
};

class GoodChunksTest : public testing::TestWithParam<Good> {};

TEST_P(GoodChunksTest, AreDecodedHoweverTheyArrive) {
  const auto& [text, body] = GetParam();
  const auto outcome = decode(text);
  EXPECT_EQ(outcome.kind, Kind::done) << text;
  EXPECT_EQ(outcome.body, body) << text;
  EXPECT_EQ(outcome.rest, "") << text;
  expect_same_for_every_packetisation(text);
}

INSTANTIATE_TEST_SUITE_P(
    Chunked, GoodChunksTest,
    testing::Values(
        Good{"0\r\n\r\n", ""}, Good{"3\r\nabc\r\n0\r\n\r\n", "abc"}, Good{"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"},
        Good{"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"}, Good{"a\r\n0123456789\r\n000\r\n\r\n", "0123456789"},
        Good{"000000000000000000003\r\nabc\r\n0\r\n\r\n", "abc"}, Good{"3;a=b\r\nabc\r\n0;x\r\n\r\n", "abc"},
        Good{"3;a=\"b;c\"\r\nabc\r\n0\r\n\r\n", "abc"}, Good{"3 ;a\r\nabc\r\n0\t;b \r\n\r\n", "abc"},
        Good{"3;a=\"\\\";\\\\\"\r\nabc\r\n0\r\n\r\n", "abc"}, Good{"3;\r\nabc\r\n0\r\n\r\n", "abc"},
        Good{"3;\x80\xFF\r\nabc\r\n0\r\n\r\n", "abc"}, Good{"3\r\n\r\n0\r\n0\r\n\r\n", "\r\n0"},
        Good{"0\r\nX: y\r\n\r\n", ""}, Good{"0\r\nX-A:\r\nSet-Cookie: evil=1\r\nX-B: \t v\xFF\r\n\r\n", ""}));

class BadChunksTest : public testing::TestWithParam<std::string> {};

TEST_P(BadChunksTest, AreRefusedHoweverTheyArrive) {
  EXPECT_EQ(decode(GetParam()).kind, Kind::error) << GetParam();
  expect_same_for_every_packetisation(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Sizes, BadChunksTest,
                         testing::Values("\r\n", " 3\r\nabc\r\n0\r\n\r\n", "-0\r\n\r\n", "+3\r\nabc\r\n0\r\n\r\n",
                                         "0x3\r\nabc\r\n0\r\n\r\n", "0_3\r\nabc\r\n0\r\n\r\n",
                                         "3 \r\nabc\r\n0 \r\n\r\n", "3\t\r\nabc\r\n0\r\n\r\n", "3 x\r\nabc", "g\r\n",
                                         "3,\r\nabc", "3\r\nabc\r\n\r\n\r\n", ";a\r\n", "3h\r\nabc",
                                         "\xEF\xBC\x93\r\nabc", "10000000000000003\r\nabc\r\n0\r\n\r\n",
                                         "FFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n", "8000000000000000\r\nabc\r\n0\r\n\r\n",
                                         std::string("3\0\r\nabc", 7)));

INSTANTIATE_TEST_SUITE_P(LineEnds, BadChunksTest,
                         testing::Values("3\nabc\r\n0\r\n\r\n", "3\r\nabc\n0\r\n\r\n", "3\r\nabc\r\n0\n\n",
                                         "3\r\nabc\r\n0\n\r\n", "3\rabc\r0\r\r", "3\r\rabc", "3\r\nabcXX0\r\n\r\n",
                                         "3\r\nabc\rX0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3\n\r\nabc",
                                         "3\r\nabc\r\n0\r\n\r\r", "3\r\nabc\r\n0\r\n\n"));

INSTANTIATE_TEST_SUITE_P(Extensions, BadChunksTest,
                         testing::Values("3;ext\nabc\r\n0\r\n\r\n", "3\r\r;ABC\r\nabc\r\n0\r\n\r\n",
                                         "3;a=\"\n\"\r\nabc\r\n0\r\n\r\n", "3;a\rb\r\nabc", "3;a=\"\r\n",
                                         std::string("3;a\0b\r\nabc", 10), "3;a\x7F\r\nabc",
                                         "3;\x01\r\nabc"
                                         "\r\n0\r\n\n"));

INSTANTIATE_TEST_SUITE_P(Trailers, BadChunksTest,
                         testing::Values("0\r\nX: y\n\r\n", "0\r\nGET http://a.test/ HTTP/1.1\r\nHost: a\r\n\r\n",
                                         "0\r\n: v\r\n\r\n", "0\r\nX : v\r\n\r\n", "0\r\n X: v\r\n\r\n",
                                         "0\r\nX\r\n\r\n", "0\r\nX: a\r\n b\r\n\r\n", "0\r\nX: a\rb\r\n\r\n",
                                         "0\r\nX: \x01\r\n\r\n", std::string("0\r\nX: a\0b\r\n\r\n", 12)));

TEST(Chunked, WhatStandsBehindTheMessageIsNotTouched) {
  const auto outcome = decode("3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\n");
  EXPECT_EQ(outcome.kind, Kind::done);
  EXPECT_EQ(outcome.rest, "GET / HTTP/1.1\r\n");
}

TEST(Chunked, AnUnfinishedMessageWantsMore) {
  constexpr std::string_view text = "3;x\r\nabc\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_EQ(decode(text.substr(0, length)).kind == Kind::done, false) << length;
    EXPECT_NE(decode(text.substr(0, length)).kind, Kind::error) << length;
  }
}

TEST(Chunked, TheLargestSizeIsKeptWhole) {
  ChunkDecoder decoder;
  const auto step = decoder.next("7FFFFFFFFFFFFFFF\r\nab");
  EXPECT_EQ(step.kind, Kind::data);
  EXPECT_EQ(step.data, "ab");
  EXPECT_EQ(decoder.next("").kind, Kind::need_more);
}

TEST(Chunked, DataIsAViewIntoTheInput) {
  const std::string input = "3\r\nabc\r\n";
  ChunkDecoder decoder;
  const auto step = decoder.next(input);
  EXPECT_EQ(step.data.data(), input.data() + 3);
  EXPECT_EQ(step.consumed, 6U);
}

TEST(Chunked, ALineMayNotGrowWithoutEnd) {
  EXPECT_EQ(decode(std::string(ChunkDecoder::kMaxLine + 1, '0')).kind, Kind::error);
  EXPECT_EQ(decode("3;" + std::string(ChunkDecoder::kMaxLine, 'e')).kind, Kind::error);
}

TEST(Chunked, ExtensionsOfAllChunksTogetherAreBounded) {
  const std::string chunk = "1;" + std::string(60, 'e') + "\r\nx\r\n";
  std::string text;
  for (int i = 0; i < 200; ++i) text += chunk;
  EXPECT_EQ(decode(text).kind, Kind::need_more);
  for (int i = 0; i < 200; ++i) text += chunk;
  EXPECT_EQ(decode(text).kind, Kind::error);
}

TEST(Chunked, TheTrailerSectionIsGivenAsItCame) {
  const std::string text = "3\r\nabc\r\n0;x=1\r\nA: 1\r\nB:\r\n\r\nGET /";
  const auto outcome = decode(text);
  EXPECT_EQ(outcome.trailers, "A: 1\r\nB:\r\n\r\n");
  EXPECT_EQ(outcome.rest, "GET /");
  expect_same_for_every_packetisation(text);
}

TEST(Chunked, TheTrailerSectionIsBounded) {
  std::string text = "0\r\n";
  for (int i = 0; i < 3000; ++i) text += "X-T: vvvvvvvv\r\n";
  EXPECT_EQ(decode(text).kind, Kind::error);
}

TEST(Chunked, ManyTinyChunksAreFine) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "1\r\na\r\n";
  const auto outcome = decode(text + "0\r\n\r\n");
  EXPECT_EQ(outcome.kind, Kind::done);
  EXPECT_EQ(outcome.body, std::string(300, 'a'));
}

TEST(Chunked, AnErrorStaysAnError) {
  ChunkDecoder decoder;
  EXPECT_EQ(decoder.next("x").kind, Kind::error);
  const std::string problem = decoder.problem();
  EXPECT_EQ(decoder.next("0\r\n\r\n").kind, Kind::error);
  EXPECT_EQ(decoder.problem(), problem);
}

TEST(Chunked, AFinishedDecoderTakesNothingMore) {
  ChunkDecoder decoder;
  EXPECT_EQ(decoder.next("0\r\n\r\n").kind, Kind::done);
  const auto step = decoder.next("3\r\n");
  EXPECT_EQ(step.kind, Kind::done);
  EXPECT_EQ(step.consumed, 0U);
}

}  // namespace
}  // namespace cachearr::http
