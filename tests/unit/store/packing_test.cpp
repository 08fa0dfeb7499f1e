#include "store/packing.hpp"

#include <gtest/gtest.h>
#include <string>

#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

TEST(PackedForDisk, IsOnlyPlainTextOfSomeSize) {
  const ManualClock clock;
  const std::string body(2000, 'x');
  EXPECT_NE(packed_for_disk(*test::make({.key = "a", .body = body, .flags = EntryFlag::kText}, clock)), "");
  EXPECT_EQ(packed_for_disk(*test::make({.key = "a", .body = body}, clock)), "");
  EXPECT_EQ(packed_for_disk(*test::make({.key = "a", .body = "short", .flags = EntryFlag::kText}, clock)), "");
  const std::string head = "HTTP/1.1 200 OK\r\ncontent-encoding: br\r\n";
  EXPECT_EQ(packed_for_disk(*test::make({.key = "a", .head = head, .body = body, .flags = EntryFlag::kText}, clock)),
            "");
}

}  // namespace
}  // namespace cachearr::store
