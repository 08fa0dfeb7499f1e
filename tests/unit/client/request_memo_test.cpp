#include "client/request_memo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/pipeline/heads.hpp"

namespace cachearr::client {
namespace {

using test::Asked;

class RequestMemoTest : public ::testing::Test {
 protected:
  MemoizedRequest* find(const Asked& asked) { return recall_.find(asked.bytes, *listener_, tunnel_); }

  void keep(const Asked& asked) {
    find(asked);
    auto recalled = std::make_unique<MemoizedRequest>();
    recalled->request = http::Owned<http::RequestHead>{asked.head, asked.bytes};
    recalled->listener = listener_;
    recalled->tunnel = tunnel_;
    recall_.keep(std::move(recalled));
  }

  std::shared_ptr<const pipeline::ListenerInfo> listener_ = std::make_shared<pipeline::ListenerInfo>();
  std::optional<pipeline::TunnelTarget> tunnel_;
  RequestMemo recall_;
};

TEST_F(RequestMemoTest, TheSecondOfTwoEqualRequestsIsARepetition) {
  const Asked asked{"GET /a"};
  EXPECT_EQ(find(asked), nullptr);
  EXPECT_FALSE(recall_.is_repeated());
  EXPECT_EQ(find(asked), nullptr);
  EXPECT_TRUE(recall_.is_repeated());
}

TEST_F(RequestMemoTest, AnotherRequestIsNoRepetition) {
  find(Asked{"GET /a"});
  EXPECT_FALSE(recall_.is_repeated());
  find(Asked{"GET /b"});
  EXPECT_FALSE(recall_.is_repeated());
}

TEST_F(RequestMemoTest, WhatWasKeptIsFoundByItsBytesAlone) {
  keep(Asked{"GET /a", "Host: a.test\r\nAccept: */*\r\n"});
  const auto* const found = find(Asked{"GET /a", "Host: a.test\r\nAccept: */*\r\n"});
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->request.head.target, "/a");
  EXPECT_EQ(find(Asked{"GET /a", "Host: a.test\r\nAccept: text/*\r\n"}), nullptr);
  EXPECT_EQ(find(Asked{"GET /b", "Host: a.test\r\nAccept: */*\r\n"}), nullptr);
}

TEST_F(RequestMemoTest, WhatFollowsTheHeadDoesNotMatter) {
  const Asked asked{"GET /a"};
  keep(asked);
  EXPECT_NE(recall_.find(asked.bytes + "GET /b HTTP/1.1\r\n", *listener_, tunnel_), nullptr);
  EXPECT_NE(recall_.find(asked.bytes + asked.bytes, *listener_, tunnel_), nullptr);
}

TEST_F(RequestMemoTest, AHeadThatIsNotWholeYetIsNotFoundAndNoRepetition) {
  const Asked asked{"GET /a"};
  keep(asked);
  for (std::size_t size = 0; size < asked.bytes.size(); ++size) {
    EXPECT_EQ(recall_.find(asked.bytes.substr(0, size), *listener_, tunnel_), nullptr) << size;
    EXPECT_FALSE(recall_.is_repeated());
  }
}

TEST_F(RequestMemoTest, TheSameBytesByAnotherListenerAreAnotherRequest) {
  const Asked asked{"GET /a"};
  keep(asked);
  const pipeline::ListenerInfo other{"upstream", false};
  EXPECT_EQ(recall_.find(asked.bytes, other, tunnel_), nullptr);
}

TEST_F(RequestMemoTest, TheSameBytesInAnotherTunnelAreAnotherRequest) {
  const Asked asked{"GET /a"};
  tunnel_ = pipeline::TunnelTarget{"https", "a.test", 443};
  keep(asked);
  EXPECT_NE(find(asked), nullptr);
  EXPECT_EQ(recall_.find(asked.bytes, *listener_, pipeline::TunnelTarget{"https", "a.test", 444}), nullptr);
  EXPECT_EQ(recall_.find(asked.bytes, *listener_, std::nullopt), nullptr);
}

TEST_F(RequestMemoTest, LongHeadsAreNotKept) {
  const Asked asked{"GET /a", "Host: a.test\r\nX: " + std::string(RequestMemo::kLongestHead, 'x') + "\r\n"};
  for (int time = 0; time < 3; ++time) {
    EXPECT_EQ(find(asked), nullptr);
    EXPECT_FALSE(recall_.is_repeated());
  }
}

TEST_F(RequestMemoTest, NothingIsKnownAfterClearing) {
  const Asked asked{"GET /a"};
  keep(asked);
  recall_.clear();
  EXPECT_EQ(find(asked), nullptr);
  EXPECT_FALSE(recall_.is_repeated());
}

TEST_F(RequestMemoTest, ItHoldsNoMoreThanItsTable) {
  std::size_t context = 0;
  for (int number = 0; number < 2000; ++number) keep(Asked{"GET /" + std::to_string(number)});
  for (int number = 0; number < 2000; ++number) context += find(Asked{"GET /" + std::to_string(number)}) ? 1U : 0U;
  EXPECT_GT(context, 200U);
  EXPECT_LE(context, 256U);
}

}  // namespace
}  // namespace cachearr::client
