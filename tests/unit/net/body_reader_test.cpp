#include "net/body_reader.hpp"

#include <chrono>
#include <gtest/gtest.h>

#include "unit/net/memory_stream.hpp"
#include "unit/net/pump.hpp"

namespace cachearr::net {
namespace {

using http::Framing;
using test::MemoryStream;
using test::Pump;
using Kind = BodyReader::Piece::Kind;

struct Read {
  std::string body;
  Kind end = Kind::data;
  IoError error = IoError::none;
  std::string problem;
  std::string left;  // in the inbox, behind the message
  std::string trailers;
  bool done = false;
};

Task<Read> read_all(MemoryStream& stream, Framing framing) {
  Inbox inbox;
  BodyReader reader{stream, inbox, framing};
  Read read;
  for (;;) {
    const auto piece = co_await reader.next(Duration{60'000});
    if (piece.kind == Kind::data) {
      read.body += piece.data;
      continue;
    }
    read.end = piece.kind;
    read.error = piece.error;
    read.problem = std::string{piece.problem};
    break;
  }
  read.left = std::string{inbox.readable()};
  read.done = reader.done();
  read.trailers = std::string{reader.trailers()};
  co_return read;
}

Framing of(Framing::Body body, std::uint64_t length = 0) { return {body, length, true, false}; }

/// The message in two pieces, cut at every place, and byte by byte: the body is always the same.
void expect_body(std::string_view sent, const Framing& framing, std::string_view body, std::string_view left) {
  for (std::size_t cut = 0; cut <= sent.size() + 1; ++cut) {
    Pump pump;
    MemoryStream stream{pump.worker};
    if (cut > sent.size()) {
      stream.sends_byte_by_byte(sent);
    } else {
      stream.sends(sent.substr(0, cut));
      stream.sends(sent.substr(cut));
    }
    const auto read = pump.run(read_all(stream, framing));
    ASSERT_EQ(read.end, Kind::end) << "cut at " << cut << ": " << read.problem;
    ASSERT_EQ(read.body, body) << "cut at " << cut;
    // What stands behind the message may not have been read yet, but it is not lost and not taken for the body.
    ASSERT_EQ(left.substr(0, read.left.size()), read.left) << "cut at " << cut;
    ASSERT_TRUE(read.done);
  }
}

Read read_broken(std::string_view sent, const Framing& framing, IoError end = IoError::closed) {
  Pump pump;
  MemoryStream stream{pump.worker};
  stream.sends_byte_by_byte(sent);
  stream.ends_with(end);
  return pump.run(read_all(stream, framing));
}

TEST(ABody, OfKnownLengthEndsThere) {
  expect_body("hello worldGET /", of(Framing::Body::length, 11), "hello world", "GET /");
}

TEST(ABody, InChunksIsWhatStandsInThem) {
  expect_body("5\r\nhello\r\n6;x=\"\\\"y\"\r\n world\r\n0\r\nTrailer: z\r\n\r\nGET /", of(Framing::Body::chunked),
              "hello world", "GET /");
}

TEST(ABody, InChunksTellsWhatFollowsIt) {
  Pump pump;
  MemoryStream stream{pump.worker};
  stream.sends("1\r\nx\r\n0\r\nX-Sum: 1");
  stream.sends("2\r\nY: z\r\n\r\n");
  const auto read = pump.run(read_all(stream, of(Framing::Body::chunked)));
  ASSERT_EQ(read.end, Kind::end) << read.problem;
  EXPECT_EQ(read.trailers, "X-Sum: 12\r\nY: z\r\n\r\n");
}

TEST(ABody, OfAnEmptyChunkedMessageIsEmpty) { expect_body("0\r\n\r\nGET /", of(Framing::Body::chunked), "", "GET /"); }

TEST(ABody, WithoutFramingEndsWithTheConnection) {
  expect_body("hello\r\n\r\nworld", of(Framing::Body::until_close), "hello\r\n\r\nworld", "");
}

TEST(ABody, ThatIsNoneNeedsNoRead) {
  for (const auto& framing : {of(Framing::Body::none), of(Framing::Body::length, 0)}) {
    Pump pump;
    MemoryStream stream{pump.worker};
    const auto read = pump.run(read_all(stream, framing));
    EXPECT_EQ(read.end, Kind::end);
    EXPECT_EQ(stream.reads(), 0U);
  }
}

TEST(ABody, ThatIsBufferedNeedsNoRead) {
  Pump pump;
  MemoryStream stream{pump.worker};
  Inbox inbox;
  inbox.prepend("4\r\nbody\r\n0\r\n\r\nnext");
  BodyReader reader{stream, inbox, of(Framing::Body::chunked)};
  BodyReader::Piece piece;
  ASSERT_TRUE(reader.buffered(piece));
  EXPECT_EQ(piece.data, "body");
  ASSERT_TRUE(reader.buffered(piece));
  EXPECT_EQ(piece.kind, Kind::end);
  EXPECT_EQ(inbox.readable(), "next");
  EXPECT_EQ(stream.reads(), 0U);
}

TEST(ABody, ThatNeedsAReadSaysSo) {
  Pump pump;
  MemoryStream stream{pump.worker};
  Inbox inbox;
  inbox.prepend("4\r\nbo");
  BodyReader reader{stream, inbox, of(Framing::Body::chunked)};
  BodyReader::Piece piece;
  ASSERT_TRUE(reader.buffered(piece));
  EXPECT_EQ(piece.data, "bo");
  EXPECT_FALSE(reader.buffered(piece));
  EXPECT_FALSE(reader.done());
}

TEST(ABody, ThatBreaksOffIsNotAtItsEnd) {
  for (const auto end : {IoError::closed, IoError::reset}) {
    const auto counted = read_broken("hel", of(Framing::Body::length, 5), end);
    EXPECT_EQ(counted.body, "hel");
    EXPECT_EQ(counted.end, Kind::failed);
    EXPECT_EQ(counted.error, end);
    EXPECT_TRUE(counted.problem.empty());
    for (const auto* const sent : {"", "5", "5\r\n", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n", "0\r\n"})
      EXPECT_EQ(read_broken(sent, of(Framing::Body::chunked), end).end, Kind::failed) << sent;
  }
}

TEST(ABody, WithoutFramingIsNotAtItsEndWhereTheConnectionIsReset) {
  const auto read = read_broken("hello", of(Framing::Body::until_close), IoError::reset);
  EXPECT_EQ(read.body, "hello");
  EXPECT_EQ(read.end, Kind::failed);
  EXPECT_EQ(read.error, IoError::reset);
}

TEST(ABody, WithBrokenChunksSaysWhatIsWrong) {
  for (const auto* const sent : {"x\r\n", "5\nhello", "5\r\nhelloX\r\n", "-1\r\n", "fffffffffffffffff\r\n", "\r\n"}) {
    const auto read = read_broken(sent, of(Framing::Body::chunked));
    EXPECT_EQ(read.end, Kind::failed) << sent;
    EXPECT_EQ(read.error, IoError::none) << sent;
    EXPECT_FALSE(read.problem.empty()) << sent;
    EXPECT_TRUE(read.done) << sent;
  }
}

TEST(ABody, ThatStopsComingRunsOutOfTime) {
  Pump pump;
  // An hour ago: the limit has passed by the time the sweep comes.
  pump.worker.deadlines().set_now(std::chrono::steady_clock::now() - std::chrono::hours{1});
  MemoryStream stream{pump.worker};
  stream.sends("hel");
  stream.falls_silent();
  const auto read = pump.run(read_all(stream, of(Framing::Body::length, 5)));
  EXPECT_EQ(read.end, Kind::failed);
  EXPECT_EQ(read.error, IoError::timed_out);
  EXPECT_FALSE(stream.armed());
}

TEST(ABody, OfAnySizePassesInBoundedPieces) {
  const std::string large(1'000'000, 'x');
  Pump pump;
  MemoryStream stream{pump.worker};
  stream.sends(large);
  const auto read = pump.run(read_all(stream, of(Framing::Body::length, large.size())));
  EXPECT_EQ(read.end, Kind::end);
  EXPECT_EQ(read.body, large);
}

}  // namespace
}  // namespace cachearr::net
