#include "http/cache_status.hpp"

#include <gtest/gtest.h>

#include "http/structured.hpp"

namespace cachearr::http {
namespace {

std::string written(const CacheStatus& status) {
  std::string out;
  append(out, status);
  return out;
}

TEST(CacheStatus, AHitSaysItsTtlAndKey) {
  CacheStatus status;
  status.hit = true;
  status.ttl = 86123;
  status.key = "metadata:series:tvdbId:121361";
  EXPECT_EQ(written(status), R"(cachearr; hit; ttl=86123; key="metadata:series:tvdbId:121361")");
}

TEST(CacheStatus, AMissSaysWhyItWentForwardAndWhatCameOfIt) {
  CacheStatus status;
  status.forward = Forward::uri_miss;
  status.forward_status = 200;
  status.stored = true;
  status.collapsed = true;
  EXPECT_EQ(written(status), "cachearr; fwd=uri-miss; fwd-status=200; stored; collapsed");
}

TEST(CacheStatus, AStaleAnswerHasANegativeTtlAndADetail) {
  CacheStatus status;
  status.hit = true;
  status.ttl = -120;
  status.detail = "stale-if-error";
  EXPECT_EQ(written(status), "cachearr; hit; ttl=-120; detail=stale-if-error");
}

TEST(CacheStatus, EveryReasonHasItsRegisteredName) {
  EXPECT_EQ(name_of(Forward::none), "");
  EXPECT_EQ(name_of(Forward::bypass), "bypass");
  EXPECT_EQ(name_of(Forward::method), "method");
  EXPECT_EQ(name_of(Forward::uri_miss), "uri-miss");
  EXPECT_EQ(name_of(Forward::vary_miss), "vary-miss");
  EXPECT_EQ(name_of(Forward::miss), "miss");
  EXPECT_EQ(name_of(Forward::request), "request");
  EXPECT_EQ(name_of(Forward::stale), "stale");
  EXPECT_EQ(name_of(Forward::partial), "partial");
}

TEST(CacheStatus, WhateverTheKeyIsAStructuredFieldComesOut) {
  CacheStatus status;
  status.hit = true;
  status.key = "a\"b\\c\r\nX-Evil: 1\xC3\xA4";
  const auto list = structured::parse_list(written(status));
  ASSERT_TRUE(list);
  const auto& item = std::get<structured::Item>(list->front());
  ASSERT_EQ(item.parameters.back().first, "key");
  EXPECT_EQ(std::get<std::string>(item.parameters.back().second), "a\"b\\c??X-Evil: 1??");
}

}  // namespace
}  // namespace cachearr::http
