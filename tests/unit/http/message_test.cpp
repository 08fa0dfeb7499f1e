#include "http/message.hpp"

#include <gtest/gtest.h>

namespace cachearr::http {
namespace {

TEST(Message, MethodsAreCaseSensitive) {
  EXPECT_EQ(method_of("GET"), Method::get);
  EXPECT_EQ(method_of("get"), Method::other);
  EXPECT_EQ(method_of("PATCH"), Method::patch);
  EXPECT_EQ(method_of("CONNECT"), Method::connect);
  EXPECT_EQ(method_of(""), Method::other);
}

TEST(Message, SafeMethodsAreIdempotentButNotTheReverse) {
  EXPECT_TRUE(is_safe(Method::get));
  EXPECT_TRUE(is_idempotent(Method::head));
  EXPECT_FALSE(is_safe(Method::delete_));
  EXPECT_TRUE(is_idempotent(Method::delete_));
  EXPECT_FALSE(is_idempotent(Method::post));
  EXPECT_FALSE(is_safe(Method::other));
  EXPECT_FALSE(is_idempotent(Method::other));
}

TEST(Message, AnOwnedHeadOutlivesTheBytesItWasReadFrom) {
  auto bytes = std::make_unique<std::string>("GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n");
  const std::string_view view{*bytes};
  RequestHead head;
  head.method_text = view.substr(0, 3);
  head.target = view.substr(4, 2);
  head.fields.add(view.substr(17, 4), view.substr(23, 6));
  const Owned<RequestHead> owned{head, view};
  bytes.reset();
  EXPECT_EQ(owned.head.target, "/a");
  EXPECT_EQ(owned.head.fields.value(FieldId::host), "a.test");
}

TEST(Message, AStoredHeadIsReadBack) {
  ResponseHead head;
  ASSERT_TRUE(parse_stored_head("HTTP/1.1 200 OK\r\nAge: 1\r\nX: \r\n\r\n", head));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.reason, "OK");
  EXPECT_EQ(head.fields.value(FieldId::age), "1");
  EXPECT_EQ(head.fields.size(), 2U);
}

TEST(Message, TheClosingEmptyLineOfAStoredHeadMayBeMissing) {
  ResponseHead head;
  ASSERT_TRUE(parse_stored_head("HTTP/1.1 404 Not Found\r\nETag: \"a\"\r\n", head));
  EXPECT_EQ(head.fields.value(FieldId::etag), "\"a\"");
  EXPECT_TRUE(parse_stored_head("HTTP/1.1 204 \r\n", head));
  EXPECT_EQ(head.fields.size(), 0U);
}

TEST(Message, WhatIsNoStoredHeadIsRefused) {
  ResponseHead head;
  for (const auto* const bytes :
       {"", "HTTP/1.1 200 OK", "HTTP/1.1 2x0 OK\r\n", "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 2", "HTTP/1.1 099 X\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nAge: 1"}) {
    EXPECT_FALSE(parse_stored_head(bytes, head)) << bytes;
  }
}

}  // namespace
}  // namespace cachearr::http
