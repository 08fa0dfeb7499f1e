#include "net/event.hpp"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <vector>

#include "unit/net/pump.hpp"

namespace cachearr::net {
namespace {

using test::Pump;

struct Witness {
  explicit Witness(int& c) : count{c} {}
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  ~Witness() { ++count; }
  int& count;
};

Task<> wait_and_count(Event& event, int& woken, int& ended) {
  const Witness witness{ended};
  for (;;) {
    co_await event.wait();
    ++woken;
  }
}
/// Owns the event it waits for, and another that somebody else waits for.
Task<> wait_and_own(Worker& worker, [[maybe_unused]] std::shared_ptr<Event> other, int& ended) {
  const Witness witness{ended};
  Event own{worker};
  co_await own.wait();
}
Task<> wait_shared(std::shared_ptr<Event> event, int& ended) {
  const Witness witness{ended};
  co_await event->wait();
}

TEST(AnEvent, WakesWhoWaits) {
  int woken = 0, ended = 0;
  Pump pump;
  Event event{pump.worker};
  pump.worker.spawn(wait_and_count(event, woken, ended), "test");
  pump.settle();
  EXPECT_EQ(woken, 0);
  event.set();
  pump.settle();
  EXPECT_EQ(woken, 1);
  pump.worker.abandon();
  EXPECT_EQ(ended, 1);
}

TEST(AnEvent, ThatWasSetBeforeWakesAtOnce) {
  int woken = 0, ended = 0;
  Pump pump;
  Event event{pump.worker};
  event.set();
  pump.worker.spawn(wait_and_count(event, woken, ended), "test");
  pump.settle();
  EXPECT_EQ(woken, 1);
  pump.worker.abandon();
}

TEST(AnEvent, ThatIsSetOftenWakesOnce) {
  int woken = 0, ended = 0;
  Pump pump;
  Event event{pump.worker};
  for (int i = 0; i < 3; ++i) event.set();
  pump.worker.spawn(wait_and_count(event, woken, ended), "test");
  pump.settle();
  EXPECT_EQ(woken, 1);
  for (int i = 0; i < 3; ++i) event.set();
  pump.settle();
  EXPECT_EQ(woken, 2);
  pump.worker.abandon();
}

TEST(AnEvent, MayEndWithoutAWaiterOnAnyThreadAndAfterItsWorker) {
  std::vector<std::unique_ptr<Event>> events;
  std::vector<std::unique_ptr<Event>> late;
  {
    Worker worker{0};
    worker.start("test");
    std::promise<void> made;
    worker.post([&] {
      for (int i = 0; i < 1000; ++i) events.push_back(std::make_unique<Event>(worker));
      late.push_back(std::make_unique<Event>(worker));
      made.set_value();
    });
    made.get_future().get();
    std::promise<void> busy;
    worker.post([&] {
      // Meanwhile the worker makes and ends others of its own.
      for (int i = 0; i < 1000; ++i) Event{worker}.set();
      busy.set_value();
    });
    events.clear();
    busy.get_future().get();
  }
  late.clear();
}

TEST(AWorker, GivesUpItsSuspendedCoroutines) {
  int woken = 0, ended = 0;
  Pump pump;
  Event first{pump.worker}, second{pump.worker};
  for (auto* const event : {&first, &second}) pump.worker.spawn(wait_and_count(*event, woken, ended), "test");
  pump.settle();
  pump.worker.abandon();
  EXPECT_EQ(woken, 0);
  EXPECT_EQ(ended, 2);
}

TEST(AWorker, GivesUpCoroutinesThatOwnWhatTheyWaitFor) {
  int ended = 0;
  Pump pump;
  for (int i = 0; i < 3; ++i) {
    auto other = std::make_shared<Event>(pump.worker);
    pump.worker.spawn(wait_and_own(pump.worker, other, ended), "test");
    pump.worker.spawn(wait_shared(std::move(other), ended), "test");
  }
  pump.settle();
  EXPECT_EQ(ended, 0);
  pump.worker.abandon();
  EXPECT_EQ(ended, 6);
}

TEST(AWorker, EndsWhatWasWokenButHasNotRun) {
  int woken = 0, ended = 0;
  Pump pump;
  Event event{pump.worker};
  pump.worker.spawn(wait_and_count(event, woken, ended), "test");
  pump.settle();
  event.set();
  pump.worker.abandon();
  EXPECT_EQ(woken, 0);
  EXPECT_EQ(ended, 1);
}

TEST(AWorker, DropsJobsThatComeTooLate) {
  Pump pump;
  pump.worker.abandon();
  pump.worker.post([] { FAIL() << "no loop runs any more"; });
}

TEST(AWorker, IsReachedByAHandleWhileItLives) {
  Pump pump;
  int ran = 0;
  pump.worker.handle().post([&] { ++ran; });
  pump.settle();
  EXPECT_EQ(ran, 1);
}

TEST(AWorker, DropsWhatAHandlePostsAfterItsEnd) {
  auto worker = std::make_unique<Worker>(0);
  const WorkerHandle handle = worker->handle();
  const auto held = std::make_shared<int>();
  handle.post([held] { FAIL() << "no loop runs any more"; });
  worker.reset();
  EXPECT_EQ(held.use_count(), 1) << "what had not run is destroyed with the worker";
  handle.post([held] { FAIL() << "no loop runs any more"; });
  EXPECT_EQ(held.use_count(), 1);
}

TEST(AWorker, MayEndWhileOthersPostToIt) {
  auto worker = std::make_unique<Worker>(0);
  worker->start("test");
  const WorkerHandle handle = worker->handle();
  std::atomic<bool> ended{false};
  std::vector<std::jthread> posters;
  for (int i = 0; i < 2; ++i) {
    posters.emplace_back([&] {
      while (!ended) handle.post([] {});
    });
  }
  worker.reset();
  ended = true;
}

TEST(AWorker, RunsJobsInTheirOrderOnItsOwnThread) {
  Worker worker{7};
  EXPECT_EQ(worker.index(), 7U);
  EXPECT_FALSE(worker.is_current());
  worker.start("test");
  std::vector<int> order;
  std::promise<bool> done;
  for (int i = 0; i < 100; ++i) worker.post([&order, i] { order.push_back(i); });
  worker.post([&] { done.set_value(worker.is_current()); });
  EXPECT_TRUE(done.get_future().get());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

class Visitor final : public Closable {
 public:
  void ask_to_close(bool at_once) noexcept override { ++(at_once ? firm : kind); }
  int kind = 0;
  int firm = 0;
};

TEST(AWorker, AsksItsGuestsToLeave) {
  Worker worker{0};
  Visitor one, two, three;
  for (auto* const connection : {&one, &two, &three}) worker.add(*connection);
  EXPECT_EQ(worker.connections(), 3U);
  worker.remove(two);
  worker.ask_connections_to_close(false);
  worker.ask_connections_to_close(true);
  EXPECT_EQ(one.kind + three.kind, 2);
  EXPECT_EQ(one.firm + three.firm, 2);
  EXPECT_EQ(two.kind + two.firm, 0);
  worker.remove(three);
  worker.remove(one);
  EXPECT_EQ(worker.connections(), 0U);
}

}  // namespace
}  // namespace cachearr::net
