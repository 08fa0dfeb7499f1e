#include "client/request_memo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/pipeline/heads.hpp"
#include "unit/pipeline/snapshots.hpp"

namespace cachearr::client {
namespace {

using cachearr::test::Asked;

class RequestMemoTest : public ::testing::Test {
 protected:
  MemoizedRequest* find(const Asked& asked) { return memo_.find(asked.bytes, connection_, snapshot_); }

  void keep(const Asked& asked) {
    find(asked);
    auto memoized = std::make_unique<MemoizedRequest>();
    memoized->context.request = http::Owned<http::RequestHead>{asked.head, asked.bytes};
    memoized->context.snapshot = snapshot_;
    memoized->listener = connection_.listener;
    memoized->tunnel = connection_.tunnel;
    memo_.keep(std::move(memoized));
  }

  pipeline::SnapshotPtr snapshot_ = cachearr::test::snapshot_of("{}");
  pipeline::ConnectionInfo connection_{std::make_shared<pipeline::ListenerInfo>(), {}, {}, {}};
  RequestMemo memo_;
};

TEST_F(RequestMemoTest, TheSecondOfTwoEqualRequestsIsARepetition) {
  const Asked asked{"GET /a"};
  EXPECT_EQ(find(asked), nullptr);
  EXPECT_FALSE(memo_.is_repeated());
  EXPECT_EQ(find(asked), nullptr);
  EXPECT_TRUE(memo_.is_repeated());
}

TEST_F(RequestMemoTest, AnotherRequestIsNoRepetition) {
  find(Asked{"GET /a"});
  EXPECT_FALSE(memo_.is_repeated());
  find(Asked{"GET /b"});
  EXPECT_FALSE(memo_.is_repeated());
}

TEST_F(RequestMemoTest, WhatWasKeptIsFoundByItsBytesAlone) {
  keep(Asked{"GET /a", "Host: a.test\r\nAccept: */*\r\n"});
  const auto* const found = find(Asked{"GET /a", "Host: a.test\r\nAccept: */*\r\n"});
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->context.request.head.target, "/a");
  EXPECT_EQ(find(Asked{"GET /a", "Host: a.test\r\nAccept: text/*\r\n"}), nullptr);
  EXPECT_EQ(find(Asked{"GET /b", "Host: a.test\r\nAccept: */*\r\n"}), nullptr);
}

TEST_F(RequestMemoTest, WhatFollowsTheHeadDoesNotMatter) {
  const Asked asked{"GET /a"};
  keep(asked);
  EXPECT_NE(memo_.find(asked.bytes + "GET /b HTTP/1.1\r\n", connection_, snapshot_), nullptr);
  EXPECT_NE(memo_.find(asked.bytes + asked.bytes, connection_, snapshot_), nullptr);
}

TEST_F(RequestMemoTest, AHeadThatIsNotWholeYetIsNotFoundAndNoRepetition) {
  const Asked asked{"GET /a"};
  keep(asked);
  for (std::size_t size = 0; size < asked.bytes.size(); ++size) {
    EXPECT_EQ(memo_.find(asked.bytes.substr(0, size), connection_, snapshot_), nullptr) << size;
    EXPECT_FALSE(memo_.is_repeated());
  }
}

TEST_F(RequestMemoTest, TheSameBytesByAnotherListenerAreAnotherRequest) {
  const Asked asked{"GET /a"};
  keep(asked);
  connection_.listener = std::make_shared<pipeline::ListenerInfo>(pipeline::ListenerInfo{"upstream", false});
  EXPECT_EQ(find(asked), nullptr);
}

TEST_F(RequestMemoTest, TheSameBytesInAnotherTunnelAreAnotherRequest) {
  const Asked asked{"GET /a"};
  connection_.tunnel = pipeline::TunnelTarget{"https", "a.test", 443};
  keep(asked);
  EXPECT_NE(find(asked), nullptr);
  connection_.tunnel->port = 444;
  EXPECT_EQ(find(asked), nullptr);
  connection_.tunnel.reset();
  EXPECT_EQ(find(asked), nullptr);
}

TEST_F(RequestMemoTest, TheSameBytesUnderAnotherConfigurationAreAnotherRequest) {
  const Asked asked{"GET /a"};
  keep(asked);
  snapshot_ = cachearr::test::snapshot_of("{}");
  EXPECT_EQ(find(asked), nullptr);
}

TEST_F(RequestMemoTest, LongHeadsAreNotKept) {
  const Asked asked{"GET /a", "Host: a.test\r\nX: " + std::string(RequestMemo::kLongestHead, 'x') + "\r\n"};
  for (int time = 0; time < 3; ++time) {
    EXPECT_EQ(find(asked), nullptr);
    EXPECT_FALSE(memo_.is_repeated());
  }
}

TEST_F(RequestMemoTest, NothingIsKnownAfterClearing) {
  const Asked asked{"GET /a"};
  keep(asked);
  memo_.clear();
  EXPECT_EQ(find(asked), nullptr);
  EXPECT_FALSE(memo_.is_repeated());
}

TEST_F(RequestMemoTest, AllWorkersTogetherHoldNoMoreThanTheTableOfOneAlone) {
  for (const auto& [workers, most] : {std::pair{1U, 8192U}, {2U, 4096U}, {3U, 2048U}, {64U, 1024U}}) {
    memo_ = RequestMemo{workers};
    std::size_t known = 0;
    for (int number = 0; number < 30'000; ++number) keep(Asked{"GET /" + std::to_string(number)});
    for (int number = 0; number < 30'000; ++number) known += find(Asked{"GET /" + std::to_string(number)}) ? 1U : 0U;
    EXPECT_GT(known, most * 98 / 100) << workers;
    EXPECT_LE(known, most) << workers;
  }
}

TEST_F(RequestMemoTest, WhatIsAskedForOftenStaysHoweverManyOthersCome) {
  const Asked often{"GET /often"};
  keep(often);
  for (int number = 0; number < 20'000; ++number) {
    keep(Asked{"GET /" + std::to_string(number)});
    if (number % 50 == 0) {
      ASSERT_NE(find(often), nullptr) << number;
    }
  }
}

}  // namespace
}  // namespace cachearr::client
