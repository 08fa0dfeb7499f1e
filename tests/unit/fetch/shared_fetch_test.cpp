#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>

#include "unit/fetch/fetch_readers.hpp"
#include "unit/net/pump.hpp"

namespace cachearr::fetch {
namespace {

using test::answer;
using test::take_all;
using test::Taken;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SharedFetchTest : public ::testing::Test {
 protected:
  struct Reader {
    Reader(const std::shared_ptr<SharedFetch>& shared_fetch, net::test::Pump& pump)
        : reader{std::in_place, shared_fetch, pump.worker} {}
    std::optional<FetchReader> reader;
    std::optional<Taken> taken;
  };
  /// A reader that takes whatever comes.
  std::unique_ptr<Reader> keen() {
    auto one = idle();
    pump_.start(take_all(*one->reader), one->taken);
    pump_.settle();
    return one;
  }
  std::unique_ptr<Reader> idle() { return std::make_unique<Reader>(shared_fetch_, pump_); }
  void append(std::string_view data, bool keep = true) {
    shared_fetch_->append(data, keep);
    pump_.settle();
  }
  static std::string polled(FetchReader& reader) {
    std::string body;
    Arrival arrival;
    while (reader.poll(arrival) && arrival.kind == Arrival::Kind::data) body += *arrival.data;
    return body;
  }
  net::test::Pump pump_;
  std::shared_ptr<SharedFetch> shared_fetch_ = std::make_shared<SharedFetch>(pump_.worker);
};

TEST_F(SharedFetchTest, BringsInterimsOutcomeAndBodyInOrder) {
  const auto one = keen();
  shared_fetch_->interim("100");
  pump_.settle();
  shared_fetch_->interim("103");
  shared_fetch_->decide(answer());
  append("hello ");
  EXPECT_FALSE(one->taken);
  append("world");
  shared_fetch_->finish();
  pump_.settle();
  ASSERT_TRUE(one->taken);
  EXPECT_THAT(one->taken->interims, ElementsAre("100", "103"));
  EXPECT_EQ(one->taken->outcome, FetchOutcome::Kind::answer);
  EXPECT_EQ(one->taken->body, "hello world");
  EXPECT_EQ(one->taken->end, Arrival::Kind::end);
}

TEST_F(SharedFetchTest, BringsWhatFollowsTheBodyToEveryReader) {
  const auto one = keen(), other = keen();
  shared_fetch_->decide(answer());
  append("body");
  shared_fetch_->finish("X-Sum: 1\r\n");
  pump_.settle();
  for (const auto* const each : {one.get(), other.get()}) {
    ASSERT_TRUE(each->taken);
    EXPECT_EQ(each->reader->trailers(), "X-Sum: 1\r\n");
  }
}

TEST_F(SharedFetchTest, BringsTheSameToSeveralReaders) {
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < 5; ++i) readers.push_back(keen());
  shared_fetch_->decide(answer());
  for (int i = 0; i < 100; ++i) append(std::to_string(i), i % 2 == 0);
  shared_fetch_->finish();
  pump_.settle();
  std::string all;
  for (int i = 0; i < 100; ++i) all += std::to_string(i);
  for (const auto& one : readers) {
    ASSERT_TRUE(one->taken);
    EXPECT_EQ(one->taken->body, all);
    EXPECT_EQ(one->taken->end, Arrival::Kind::end);
  }
}

TEST_F(SharedFetchTest, BringsALateReaderEverythingThatIsKept) {
  const auto early = keen();
  shared_fetch_->interim("103");
  shared_fetch_->decide(answer());
  append("one ");
  append("two ");
  const auto late = keen();
  append("three");
  shared_fetch_->finish();
  pump_.settle();
  const auto later = keen();
  for (const auto* const one : {early.get(), late.get(), later.get()}) {
    ASSERT_TRUE(one->taken);
    EXPECT_EQ(one->taken->body, "one two three");
    EXPECT_EQ(one->taken->end, Arrival::Kind::end);
  }
}

TEST_F(SharedFetchTest, IsBrokenForAReaderThatComesAfterBytesWereLetGo) {
  const auto early = keen();
  shared_fetch_->decide(answer());
  append("one ", false);
  append("two ", false);
  const auto late = keen();
  ASSERT_TRUE(late->taken);
  EXPECT_EQ(late->taken->end, Arrival::Kind::broken);
  EXPECT_THAT(late->taken->body, IsEmpty());
  append("three", false);
  shared_fetch_->finish();
  pump_.settle();
  EXPECT_EQ(early->taken->body, "one two three");
}

TEST_F(SharedFetchTest, BringsASlowReaderAllThatAFastOneHasLongSeen) {
  const auto slow = idle();
  const auto fast = keen();
  shared_fetch_->decide(answer());
  const std::string piece(1024 * 1024, 'x');
  for (std::uint64_t sent = 0; sent < SharedFetch::kMaxLag; sent += piece.size()) {
    append(piece, false);
    EXPECT_TRUE(pump_.run(shared_fetch_->wait_for_readers()));
  }
  shared_fetch_->finish();
  pump_.settle();
  ASSERT_TRUE(fast->taken);
  EXPECT_EQ(fast->taken->end, Arrival::Kind::end);
  EXPECT_EQ(polled(*slow->reader).size(), shared_fetch_->size());
  Arrival arrival;
  ASSERT_TRUE(slow->reader->poll(arrival));
  EXPECT_EQ(arrival.kind, Arrival::Kind::end);
}

TEST_F(SharedFetchTest, WaitsForAReaderThatIsTooFarBehindUntilItMovesOrLeaves) {
  const auto slow = idle();
  auto stuck = idle();
  const auto fast = keen();
  shared_fetch_->decide(answer());
  const std::string piece(1024 * 1024, 'x');
  for (std::uint64_t sent = 0; sent < SharedFetch::kMaxLag; sent += piece.size()) append(piece, false);
  append(piece, false);
  std::optional<bool> goes_on;
  pump_.start(shared_fetch_->wait_for_readers(), goes_on);
  pump_.settle();
  EXPECT_FALSE(goes_on);
  Arrival arrival;
  ASSERT_TRUE(slow->reader->poll(arrival));
  pump_.settle();
  EXPECT_FALSE(goes_on) << "one is still too far behind";
  stuck.reset();
  pump_.settle();
  EXPECT_EQ(goes_on, true);
  EXPECT_EQ(arrival.kind, Arrival::Kind::data);
  EXPECT_FALSE(fast->taken) << "it is not broken off";
}

TEST_F(SharedFetchTest, ThatBreaksOffBringsWhatThereWasAndSaysSo) {
  const auto one = keen();
  shared_fetch_->decide(answer());
  append("half");
  shared_fetch_->break_off();
  shared_fetch_->finish();
  pump_.settle();
  ASSERT_TRUE(one->taken);
  EXPECT_EQ(one->taken->body, "half");
  EXPECT_EQ(one->taken->end, Arrival::Kind::broken);
}

TEST_F(SharedFetchTest, IsDecidedOnce) {
  const auto one = idle();
  FetchOutcome failed;
  failed.kind = FetchOutcome::Kind::failed;
  failed.error_status = 504;
  shared_fetch_->decide(failed);
  shared_fetch_->decide(answer());
  const auto arrival = pump_.run(one->reader->wait_outcome());
  EXPECT_EQ(arrival.kind, Arrival::Kind::outcome);
  EXPECT_EQ(one->reader->outcome().kind, FetchOutcome::Kind::failed);
  EXPECT_EQ(one->reader->outcome().error_status, 504);
}

TEST_F(SharedFetchTest, KnowsAllOfItsBodyWhileEverythingIsKept) {
  const auto one = keen();
  append("one");
  append("two");
  EXPECT_THAT(shared_fetch_->pieces(), ElementsAre("one", "two"));
  EXPECT_EQ(shared_fetch_->size(), 6U);
}

TEST_F(SharedFetchTest, HasRoomUpToItsWindow) {
  const auto one = idle();
  append(std::string(SharedFetch::kWindow, 'x'));
  EXPECT_TRUE(pump_.run(shared_fetch_->wait_for_readers()));
  append("y");
  std::optional<bool> wanted;
  pump_.start(shared_fetch_->wait_for_readers(), wanted);
  pump_.settle();
  EXPECT_FALSE(wanted) << "too far ahead";
  Arrival arrival;
  ASSERT_TRUE(one->reader->poll(arrival));
  pump_.settle();
  EXPECT_EQ(wanted, true);
}

TEST_F(SharedFetchTest, WaitsForTheFastestReaderOnly) {
  const auto slow = idle();
  const auto fast = idle();
  append(std::string(SharedFetch::kWindow, 'x'));
  append(std::string(SharedFetch::kWindow, 'y'));
  std::optional<bool> wanted;
  pump_.start(shared_fetch_->wait_for_readers(), wanted);
  pump_.settle();
  EXPECT_FALSE(wanted);
  polled(*fast->reader);
  pump_.settle();
  EXPECT_EQ(wanted, true);
}

TEST_F(SharedFetchTest, HasNoRoomOnceNobodyReads) {
  EXPECT_FALSE(pump_.run(shared_fetch_->wait_for_readers()));
  auto one = idle();
  append(std::string(SharedFetch::kWindow + 1, 'x'));
  std::optional<bool> wanted;
  pump_.start(shared_fetch_->wait_for_readers(), wanted);
  pump_.settle();
  EXPECT_FALSE(wanted);
  one.reset();
  pump_.settle();
  EXPECT_EQ(wanted, false);
  EXPECT_FALSE(shared_fetch_->has_readers());
}

TEST_F(SharedFetchTest, TellsItsLeaderOnceThatTheLastReaderLeft) {
  int told = 0;
  shared_fetch_->on_abandoned([&] { ++told; });
  auto one = idle();
  auto two = idle();
  one.reset();
  pump_.settle();
  EXPECT_EQ(told, 0);
  two.reset();
  pump_.settle();
  EXPECT_EQ(told, 1);
  idle().reset();
  pump_.settle();
  EXPECT_EQ(told, 1);
}

TEST_F(SharedFetchTest, IsNotAbandonedByThoseWhoSawItsEnd) {
  int told = 0;
  shared_fetch_->on_abandoned([&] { ++told; });
  const auto one = keen();
  shared_fetch_->decide(answer());
  shared_fetch_->finish();
  pump_.settle();
  one->reader.reset();
  pump_.settle();
  EXPECT_EQ(told, 0);
}

TEST_F(SharedFetchTest, DoesNotMindAReaderThatLeavesWhileItWaits) {
  // As when a client goes away: its coroutine ends without having been woken.
  net::test::Pump other;
  std::optional<Taken> taken;
  std::optional<FetchReader> reader{std::in_place, shared_fetch_, other.worker};
  other.start(take_all(*reader), taken);
  other.settle();
  other.worker.abandon();
  reader.reset();
  const auto one = keen();
  shared_fetch_->decide(answer());
  append("x");
  shared_fetch_->finish();
  pump_.settle();
  EXPECT_EQ(one->taken->body, "x");
}

}  // namespace
}  // namespace cachearr::fetch
