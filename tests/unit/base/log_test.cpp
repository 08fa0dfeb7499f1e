#include "base/log.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace cachearr {
namespace {

using log::Level;
using testing::HasSubstr;
using testing::MatchesRegex;

/// Standard error is something else while this lives.
class Redirected {
 public:
  explicit Redirected(int to) : saved_{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)} {
    to == -1 ? ::close(STDERR_FILENO) : ::dup2(to, STDERR_FILENO);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;
  ~Redirected() {
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
  }

 private:
  int saved_;
};

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_writer();
    ::close(ends[0]);
  }
  void close_writer() {
    if (ends[1] != -1) ::close(ends[1]);
    ends[1] = -1;
  }
  std::string read_all() {
    close_writer();
    std::string text;
    std::array<char, 65536> buffer{};
    for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
  std::array<int, 2> ends{};
};

TimePoint at(int milliseconds) { return TimePoint{Duration{1'700'000'000'000 + milliseconds}}; }

/// What `act` has the log write, from start to stop.
template <class F>
std::string logged(Level level, bool json, const F& act) {
  Pipe pipe;
  std::string text;
  std::thread reader;
  {
    const Redirected redirected{pipe.ends[1]};
    pipe.close_writer();
    reader = std::thread{[&] { text = pipe.read_all(); }};
    log::start(level, json);
    act();
    log::stop();
  }
  reader.join();
  return text;
}

TEST(Log, ATextLineIsTimeLevelAndMessage) {
  const auto text = logged(Level::info, false, [] { log::info("listening"); });
  EXPECT_THAT(text,
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}\\|Info\\|listening\n"));
}

TEST(Log, AJsonLineIsOneObject) {
  const auto text = logged(Level::info, true, [] { log::warning("a \"b\"\n\xFF"); });
  EXPECT_THAT(text,
              MatchesRegex("\\{\"time\":\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z\",\"level\":\"warning\","
                           "\"message\":\"a \\\\\"b\\\\\"\\\\n\xEF\xBF\xBD\"\\}\n"));
}

TEST(Log, AMessageCannotForgeALine) {
  const auto text = logged(Level::info, false, [] { log::info("a\n2026-01-01 00:00:00.000|Error|b\x1B[0m"); });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_THAT(text, HasSubstr("a\\x0a2026"));
  EXPECT_THAT(text, HasSubstr("b\\x1b[0m"));
}

TEST(Log, WhatIsBelowTheLevelIsNotWritten) {
  const auto text = logged(Level::warning, false, [] {
    log::info("quiet");
    log::error("loud");
    log::set_level(Level::off);
    log::error("silent");
  });
  EXPECT_THAT(text, HasSubstr("|Error|loud"));
  EXPECT_THAT(text, testing::Not(HasSubstr("quiet")));
  EXPECT_THAT(text, testing::Not(HasSubstr("silent")));
}

TEST(Log, StoppingWritesEverythingInOrder) {
  const auto text = logged(Level::info, false, [] {
    log::LineBatch batch;
    for (int i = 0; i < 1000; ++i) {
      batch.line(at(i)) += std::to_string(i) + "\n";
      if (i % 7 == 0) batch.flush();
    }
    batch.flush();
  });
  std::string expected;
  for (int i = 0; i < 1000; ++i) expected += std::to_string(i) + "\n";
  EXPECT_EQ(text, expected);
}

TEST(Log, LinesOfManyThreadsStayWhole) {
  const auto text = logged(Level::info, false, [] {
    std::vector<std::thread> threads;
    for (char name = 'a'; name < 'e'; ++name) {
      threads.emplace_back([name] {
        log::LineBatch batch;
        for (int i = 0; i < 250; ++i) {
          batch.line(at(i)) += std::string(200, name) + "\n";
          batch.flush();
        }
      });
    }
    for (auto& thread : threads) thread.join();
  });
  EXPECT_EQ(text.size(), 1000U * 201U);
  for (std::size_t at = 0; at + 201 <= text.size(); at += 201) {
    EXPECT_EQ(text.substr(at, 201), std::string(200, text[at]) + "\n");
  }
}

TEST(Log, LinesOfSeveralBatchesComeInTheOrderOfTimeWhicheverIsHandedOverFirst) {
  // Not written before the log stops: no source has said yet that it handed over everything until then.
  const auto later = SystemClock{}.now() + Duration{3'600'000};
  const auto text = logged(Level::info, false, [&] {
    log::LineBatch one, other;
    one.line(later + Duration{1}) += "1\n";
    one.line(later + Duration{3}) += "3\n";
    one.line(later + Duration{3}) += "3 again\n";
    one.flush();
    other.line(later + Duration{2}) += "2\n";
    other.line(later + Duration{4}) += "4\n";
    other.flush();
    one.line(later + Duration{5}) += "5\n";
    one.flush();
  });
  EXPECT_EQ(text, "1\n2\n3\n3 again\n4\n5\n");
}

TEST(Log, ALineWaitsForTheBatchesThatMayHoldAnEarlierOne) {
  const auto text = logged(Level::info, false, [] {
    log::LineBatch slow;
    std::string& line = slow.line(SystemClock{}.now() - Duration{2});
    line += "earlier\n";
    log::info("later");
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    slow.flush();
  });
  EXPECT_LT(text.find("earlier"), text.find("later"));
}

TEST(Log, ABatchThatIsNeverFlushedHoldsUpNobodyForLong) {
  Pipe pipe;
  const Redirected redirected{pipe.ends[1]};
  log::LineBatch silent;
  log::start(Level::info, false);
  log::info("patient");
  pollfd reader{pipe.ends[0], POLLIN, 0};
  EXPECT_EQ(::poll(&reader, 1, 5000), 1);
  log::stop();
}

TEST(Log, ALineThatSeemsOlderThanTheOneBeforeStaysBehindIt) {
  const auto text = logged(Level::info, false, [] {
    log::LineBatch batch;
    batch.line(at(5)) += "first\n";
    batch.line(at(2)) += "second\n";
    batch.flush();
  });
  EXPECT_EQ(text, "first\nsecond\n");
}

TEST(Log, ASinkThatNobodyReadsDelaysNobodyAndIsCounted) {
  Pipe pipe;
  const Redirected redirected{pipe.ends[1]};
  const auto before = log::dropped_lines();
  log::start(Level::info, false);
  log::LineBatch batch;
  for (int i = 0; i < 200; ++i) {
    batch.line(at(i)) += std::string(99'999, 'x') + "\n";
    batch.flush();
  }
  EXPECT_GE(log::dropped_lines() - before, 200U - 8U * 1024U * 1024U / 100'000U - 2U);
  log::stop();
  EXPECT_GE(log::dropped_lines() - before, 199U);
}

TEST(Log, DroppedLinesAreToldOnceTheSinkTakesLinesAgain) {
  Pipe pipe;
  std::string text;
  std::thread reader;
  {
    const Redirected redirected{pipe.ends[1]};
    pipe.close_writer();
    log::start(Level::info, false);
    log::LineBatch batch;
    for (int i = 0; i < 200; ++i) {
      batch.line(at(i)) += std::string(99'999, 'x') + "\n";
      batch.flush();
    }
    reader = std::thread{[&] { text = pipe.read_all(); }};
    log::stop();
  }
  reader.join();
  EXPECT_THAT(text, HasSubstr(" lines of this log were dropped: it is read too slowly\n"));
}

TEST(Log, AFullDeviceCostsTheLinesAndNoMore) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_NE(full, -1);
  const Redirected redirected{full};
  ::close(full);
  const auto before = log::dropped_lines();
  log::start(Level::info, false);
  log::error("nobody hears this");
  log::LineBatch batch;
  batch.line(at(1)) += "nor this\n";
  batch.flush();
  log::stop();
  EXPECT_GE(log::dropped_lines(), before + 2);
}

TEST(Log, AReaderThatWentAwayIsSurvived) {
  Pipe pipe;
  const Redirected redirected{pipe.ends[1]};
  ::close(pipe.ends[0]);
  pipe.ends[0] = -1;
  log::start(Level::info, false);
  log::error("nobody hears this");
  log::stop();
}

TEST(Log, AClosedStandardErrorIsNotHandedToTheNextFile) {
  const Redirected redirected{-1};
  log::start(Level::info, false);
  const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_NE(next, STDERR_FILENO);
  ::close(next);
  log::error("nobody hears this");
  log::stop();
}

TEST(Log, LevelsAreNamedAsInTheConfiguration) {
  EXPECT_EQ(log::level_of("trace"), Level::trace);
  EXPECT_EQ(log::level_of("Debug"), Level::debug);
  EXPECT_EQ(log::level_of("warning"), Level::warning);
  EXPECT_EQ(log::level_of("warn"), Level::warning);
  EXPECT_EQ(log::level_of("ERROR"), Level::error);
  EXPECT_EQ(log::level_of("off"), Level::off);
  EXPECT_EQ(log::level_of("whatever"), Level::info);
}

}  // namespace
}  // namespace cachearr
