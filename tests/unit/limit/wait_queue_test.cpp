#include "limit/wait_queue.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace cachearr::limit {
namespace {

constexpr auto kFirst = Priority::interactive;
constexpr auto kFeed = Priority::feed;

Waiter waiter(Ticket ticket, Priority priority, std::uint64_t client) { return {ticket, priority, client, {}, false}; }

std::vector<Ticket> drain(WaitQueue& queue) {
  std::vector<Ticket> order;
  while (!queue.empty()) order.push_back(queue.pop_front().ticket);
  return order;
}

TEST(WaitQueue, GoesByPriorityAndThenFirstComeFirstServed) {
  WaitQueue queue{10};
  queue.push(waiter(1, Priority::background, 1));
  queue.push(waiter(2, kFeed, 2));
  queue.push(waiter(3, kFeed, 3));
  queue.push(waiter(4, kFirst, 4));
  EXPECT_EQ(drain(queue), (std::vector<Ticket>{4, 2, 3, 1}));
}

TEST(WaitQueue, OneClientThatFloodsDoesNotHoldUpTheOthers) {
  WaitQueue queue{1000};
  for (Ticket t = 0; t < 500; ++t) queue.push(waiter(t, kFirst, 1));
  queue.push(waiter(1001, kFirst, 2));
  queue.push(waiter(1002, kFirst, 3));
  EXPECT_EQ(queue.ahead_of(kFirst, 4), 3U);
  EXPECT_EQ(queue.pop_front().ticket, 0U);
  EXPECT_EQ(queue.pop_front().ticket, 1001U);
  EXPECT_EQ(queue.pop_front().ticket, 1002U);
  EXPECT_EQ(queue.pop_front().ticket, 1U);
}

TEST(WaitQueue, AFullQueueTurnsAwayTheOneThatWouldGoLast) {
  WaitQueue queue{3};
  for (Ticket t = 1; t <= 3; ++t) EXPECT_FALSE(queue.push(waiter(t, kFeed, 1)));
  EXPECT_EQ(queue.push(waiter(4, kFeed, 1))->ticket, 4U);
  EXPECT_EQ(queue.push(waiter(5, kFeed, 2))->ticket, 3U);
  EXPECT_EQ(queue.push(waiter(6, kFirst, 1))->ticket, 2U);
  EXPECT_EQ(drain(queue), (std::vector<Ticket>{6, 1, 5}));
}

TEST(WaitQueue, AQueueWithoutPlacesTurnsEveryoneAway) {
  WaitQueue queue{0};
  EXPECT_EQ(queue.push(waiter(1, kFeed, 1))->ticket, 1U);
}

TEST(WaitQueue, WhoLeavesIsForgotten) {
  WaitQueue queue{10};
  queue.push(waiter(1, kFeed, 1));
  queue.push(waiter(2, kFeed, 1));
  EXPECT_EQ(queue.remove(1)->ticket, 1U);
  EXPECT_FALSE(queue.remove(1));
  EXPECT_EQ(queue.size(kFeed), 1U);
  EXPECT_EQ(drain(queue), (std::vector<Ticket>{2}));
}

TEST(WaitQueue, RemovesByConditionWithThePositionsOfThoseThatStay) {
  WaitQueue queue{10};
  for (Ticket t = 1; t <= 4; ++t) queue.push(waiter(t, kFeed, t));
  std::vector<std::uint64_t> positions;
  queue.remove_if([&](const Waiter& each, std::uint64_t position) {
    positions.push_back(position);
    return each.ticket == 2;
  });
  EXPECT_EQ(positions, (std::vector<std::uint64_t>{1, 2, 2, 3}));
  EXPECT_EQ(drain(queue), (std::vector<Ticket>{1, 3, 4}));
}

}  // namespace
}  // namespace cachearr::limit
