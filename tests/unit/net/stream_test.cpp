#include "net/stream.hpp"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <gtest/gtest.h>

#include "net/tcp_stream.hpp"
#include "unit/net/memory_stream.hpp"
#include "unit/net/pump.hpp"

namespace cachearr::net {
namespace {

using test::MemoryStream;
using test::Pump;

TEST(WriteAll, SendsEverythingHoweverLittleIsTakenAtOnce) {
  for (std::size_t at_once = 1; at_once <= 12; ++at_once) {
    Pump pump;
    MemoryStream stream{pump.worker};
    stream.takes_at_most(at_once);
    std::array<Slice, 4> slices{slice("one"), slice(""), slice("three"), slice("four")};
    const std::span<Slice> all{slices};
    EXPECT_EQ(pump.run(write_all(stream, all)), IoError::none);
    EXPECT_EQ(stream.written(), "onethreefour") << at_once;
  }
}

TEST(WriteAll, OfNothingNeedsNoWrite) {
  Pump pump;
  MemoryStream stream{pump.worker};
  stream.breaks_on_write();
  EXPECT_EQ(pump.run(write_all(stream, std::string_view{})), IoError::none);
}

TEST(WriteAll, SaysWhyItFailed) {
  Pump pump;
  MemoryStream stream{pump.worker};
  stream.breaks_on_write();
  EXPECT_EQ(pump.run(write_all(stream, std::string_view{"x"})), IoError::reset);
}

TEST(AnIoError, TellsWhatTheSystemSaid) {
  EXPECT_EQ(name_of(IoError{IoError::Kind::other, ENETUNREACH}), "Network is unreachable");
  EXPECT_EQ(name_of(IoError{IoError::Kind::reset, ECONNRESET}), "Connection reset by peer");
}

TEST(AnIoError, WithoutAnErrnoTellsItsKind) {
  EXPECT_EQ(name_of(IoError::timed_out), "timed out");
  EXPECT_EQ(name_of(IoError::closed), "closed");
}

TEST(AnIoError, EqualsThoseOfItsKind) {
  EXPECT_EQ((IoError{IoError::Kind::reset, EPIPE}), IoError::reset);
  EXPECT_FALSE((IoError{IoError::Kind::other, EPIPE}) == IoError::reset);
}

TEST(ATcpStream, TellsWhyItCannotWrite) {
  Pump pump;
  boost::asio::ip::tcp::socket socket{pump.worker.context()};
  socket.open(boost::asio::ip::tcp::v4());
  const auto stream = make_tcp_stream(pump.worker, std::move(socket));  // connected to nobody
  const auto failed = pump.run(write_all(*stream, std::string_view{"x"}));
  EXPECT_EQ(failed, IoError::reset);
  EXPECT_EQ(name_of(failed), "Broken pipe");
}

TEST(DropFront, LeavesWhatIsNotSentYet) {
  const std::string text = "abcdef";
  for (std::size_t sent = 0; sent <= text.size(); ++sent) {
    std::array<Slice, 3> slices{slice(std::string_view{text}.substr(0, 2)), slice(std::string_view{text}.substr(2, 3)),
                                slice(std::string_view{text}.substr(5))};
    std::string left;
    for (const auto& one : drop_front(slices, sent)) left.append(static_cast<const char*>(one.iov_base), one.iov_len);
    EXPECT_EQ(left, text.substr(sent));
  }
}

}  // namespace
}  // namespace cachearr::net
