#include "store/ghost_queue.hpp"

#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace cachearr::store {
namespace {

std::vector<std::uint32_t> fingerprints(std::size_t count, unsigned seed = 1) {
  std::mt19937 random{seed};
  std::vector<std::uint32_t> made(count);
  for (auto& one : made) one = static_cast<std::uint32_t>(random());
  return made;
}

TEST(GhostQueue, WithoutRoomRemembersNothing) {
  GhostQueue ghosts;
  ghosts.insert(7);
  EXPECT_FALSE(ghosts.take(7));
  EXPECT_EQ(ghosts.bytes(), 0U);
}

TEST(GhostQueue, TellsOnceThatAGhostIsBack) {
  GhostQueue ghosts;
  ghosts.reserve(7);
  ghosts.insert(7);
  EXPECT_TRUE(ghosts.take(7));
  EXPECT_FALSE(ghosts.take(7));
}

TEST(GhostQueue, RemembersAZeroFingerprint) {
  GhostQueue ghosts;
  ghosts.reserve(7);
  EXPECT_FALSE(ghosts.take(0));
  ghosts.insert(0);
  EXPECT_TRUE(ghosts.take(0));
}

TEST(GhostQueue, ForgetsTheOldestOfABucketFirst) {
  GhostQueue ghosts;
  ghosts.reserve(7);
  for (std::uint32_t i = 1; i <= 8; ++i) ghosts.insert(i);
  EXPECT_FALSE(ghosts.take(1));
  for (std::uint32_t i = 2; i <= 8; ++i) EXPECT_TRUE(ghosts.take(i));
}

TEST(GhostQueue, RemembersMostOfAsManyAsItHasRoomFor) {
  GhostQueue ghosts;
  ghosts.reserve(10'000);
  const auto made = fingerprints(10'000);
  for (const auto one : made) ghosts.insert(one);
  std::size_t known = 0;
  for (const auto one : made) known += ghosts.take(one) ? 1 : 0;
  EXPECT_GT(known, 8'500U);
}

TEST(GhostQueue, HardlyEverTakesAStrangerForAGhost) {
  GhostQueue ghosts;
  ghosts.reserve(10'000);
  for (const auto one : fingerprints(10'000, 1)) ghosts.insert(one);
  std::size_t mistaken = 0;
  for (const auto one : fingerprints(10'000, 2)) mistaken += ghosts.take(one) ? 1 : 0;
  EXPECT_LT(mistaken, 5U);
}

TEST(GhostQueue, KeepsItsGhostsWhenItGrows) {
  GhostQueue ghosts;
  ghosts.reserve(7);
  for (std::uint32_t i = 1; i <= 7; ++i) ghosts.insert(i * 1000);
  ghosts.reserve(1000);
  EXPECT_GE(ghosts.capacity(), 1000U);
  for (std::uint32_t i = 1; i <= 7; ++i) EXPECT_TRUE(ghosts.take(i * 1000));
}

}  // namespace
}  // namespace cachearr::store
