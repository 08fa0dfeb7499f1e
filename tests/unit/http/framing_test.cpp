#include "http/framing.hpp"

#include <gtest/gtest.h>

namespace cachearr::http {
namespace {

TEST(RequestFraming, WithoutLengthOrCodingThereIsNoBody) {
  RequestHead head;
  head.method = Method::get;
  const auto framing = frame_request(head);
  ASSERT_TRUE(framing.ok());
  EXPECT_EQ(framing->body, Framing::Body::none);
  EXPECT_TRUE(framing->keep_alive);
}

}  // namespace
}  // namespace cachearr::http
