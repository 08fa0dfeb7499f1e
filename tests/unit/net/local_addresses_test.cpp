#include "net/local_addresses.hpp"

#include <gtest/gtest.h>

namespace cachearr::net {
namespace {

bool reached(std::string_view target, std::string_view bound) {
  return reaches(*ip::parse_address(target), *ip::parse_address(bound));
}

TEST(AListenerOnEveryAddress, IsReachedByEachThatIsThisMachines) {
  for (const auto* const bound : {"0.0.0.0", "::"})
    for (const auto* const target :
         {"127.0.0.1", "127.0.0.2", "127.0.1.1", "127.255.255.254", "::ffff:127.0.0.2", "::1", "0.0.0.0", "::"})
      EXPECT_TRUE(reached(target, bound)) << target << " at " << bound;
}

TEST(AListenerOnEveryAddress, IsNotReachedByOthers) {
  for (const auto* const target : {"192.0.2.7", "203.0.113.1", "2001:db8::7"})
    EXPECT_FALSE(reached(target, "0.0.0.0")) << target;
}

TEST(AListenerOnOneAddress, IsReachedByThatAndByNone) {
  EXPECT_TRUE(reached("127.0.0.1", "127.0.0.1"));
  EXPECT_TRUE(reached("::ffff:127.0.0.1", "127.0.0.1"));
  EXPECT_TRUE(reached("0.0.0.0", "127.0.0.1"));
  EXPECT_TRUE(reached("::", "127.0.0.1"));
  EXPECT_FALSE(reached("127.0.0.2", "127.0.0.1"));
  EXPECT_FALSE(reached("127.0.0.1", "192.168.1.5"));
}

}  // namespace
}  // namespace cachearr::net
