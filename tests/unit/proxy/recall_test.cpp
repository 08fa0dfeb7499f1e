#include "proxy/recall.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/proxy/heads.hpp"

namespace cachearr::proxy {
namespace {

using test::Asked;

class RecallTest : public ::testing::Test {
 protected:
  Recalled* find(const Asked& asked) { return recall_.find(asked.bytes, *door_, inside_); }

  void keep(const Asked& asked) {
    find(asked);
    auto recalled = std::make_unique<Recalled>();
    recalled->request = http::Owned<http::RequestHead>{asked.head, asked.bytes};
    recalled->door = door_;
    recalled->inside = inside_;
    recall_.keep(std::move(recalled));
  }

  std::shared_ptr<const Door> door_ = std::make_shared<Door>();
  std::optional<Inside> inside_;
  Recall recall_;
};

TEST_F(RecallTest, TheSecondOfTwoEqualRequestsIsARepetition) {
  const Asked asked{"GET /a"};
  EXPECT_EQ(find(asked), nullptr);
  EXPECT_FALSE(recall_.is_repeated());
  EXPECT_EQ(find(asked), nullptr);
  EXPECT_TRUE(recall_.is_repeated());
}

TEST_F(RecallTest, AnotherRequestIsNoRepetition) {
  find(Asked{"GET /a"});
  EXPECT_FALSE(recall_.is_repeated());
  find(Asked{"GET /b"});
  EXPECT_FALSE(recall_.is_repeated());
}

TEST_F(RecallTest, WhatWasKeptIsFoundByItsBytesAlone) {
  keep(Asked{"GET /a", "Host: a.test\r\nAccept: */*\r\n"});
  const auto* const found = find(Asked{"GET /a", "Host: a.test\r\nAccept: */*\r\n"});
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->request.head.target, "/a");
  EXPECT_EQ(find(Asked{"GET /a", "Host: a.test\r\nAccept: text/*\r\n"}), nullptr);
  EXPECT_EQ(find(Asked{"GET /b", "Host: a.test\r\nAccept: */*\r\n"}), nullptr);
}

TEST_F(RecallTest, WhatFollowsTheHeadDoesNotMatter) {
  const Asked asked{"GET /a"};
  keep(asked);
  EXPECT_NE(recall_.find(asked.bytes + "GET /b HTTP/1.1\r\n", *door_, inside_), nullptr);
  EXPECT_NE(recall_.find(asked.bytes + asked.bytes, *door_, inside_), nullptr);
}

TEST_F(RecallTest, AHeadThatIsNotWholeYetIsNotFoundAndNoRepetition) {
  const Asked asked{"GET /a"};
  keep(asked);
  for (std::size_t size = 0; size < asked.bytes.size(); ++size) {
    EXPECT_EQ(recall_.find(asked.bytes.substr(0, size), *door_, inside_), nullptr) << size;
    EXPECT_FALSE(recall_.is_repeated());
  }
}

TEST_F(RecallTest, TheSameBytesByAnotherListenerAreAnotherRequest) {
  const Asked asked{"GET /a"};
  keep(asked);
  const Door other{"upstream", false};
  EXPECT_EQ(recall_.find(asked.bytes, other, inside_), nullptr);
}

TEST_F(RecallTest, TheSameBytesInAnotherTunnelAreAnotherRequest) {
  const Asked asked{"GET /a"};
  inside_ = Inside{"https", "a.test", 443};
  keep(asked);
  EXPECT_NE(find(asked), nullptr);
  EXPECT_EQ(recall_.find(asked.bytes, *door_, Inside{"https", "a.test", 444}), nullptr);
  EXPECT_EQ(recall_.find(asked.bytes, *door_, std::nullopt), nullptr);
}

TEST_F(RecallTest, LongHeadsAreNotKept) {
  const Asked asked{"GET /a", "Host: a.test\r\nX: " + std::string(Recall::kLongestHead, 'x') + "\r\n"};
  for (int time = 0; time < 3; ++time) {
    EXPECT_EQ(find(asked), nullptr);
    EXPECT_FALSE(recall_.is_repeated());
  }
}

TEST_F(RecallTest, NothingIsKnownAfterClearing) {
  const Asked asked{"GET /a"};
  keep(asked);
  recall_.clear();
  EXPECT_EQ(find(asked), nullptr);
  EXPECT_FALSE(recall_.is_repeated());
}

TEST_F(RecallTest, ItHoldsNoMoreThanItsTable) {
  std::size_t known = 0;
  for (int number = 0; number < 2000; ++number) keep(Asked{"GET /" + std::to_string(number)});
  for (int number = 0; number < 2000; ++number) known += find(Asked{"GET /" + std::to_string(number)}) ? 1U : 0U;
  EXPECT_GT(known, 200U);
  EXPECT_LE(known, 256U);
}

}  // namespace
}  // namespace cachearr::proxy
