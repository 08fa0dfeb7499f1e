#include "caching/invalidation.hpp"

#include <gtest/gtest.h>

namespace cachearr::caching {
namespace {

using Kind = Invalidation::Kind;

TEST(Invalidation, OfARuleIsATagAPatternOrAFamilyOfKeys) {
  EXPECT_EQ(parse_invalidation("tag:series"), (Invalidation{Kind::tag, "series", false}));
  EXPECT_EQ(parse_invalidation("series:list:*"), (Invalidation{Kind::pattern, "series:list:*", false}));
  EXPECT_EQ(parse_invalidation("series:{id}"), (Invalidation{Kind::key_family, "series:{id}", false}));
  EXPECT_EQ(parse_invalidation("tag:a*"), (Invalidation{Kind::tag, "a*", false}));
}

TEST(Invalidation, OfTheApiIsNamedByItsKind) {
  EXPECT_EQ(make_invalidation("key", "a*"), (Invalidation{Kind::key, "a*", false}));
  EXPECT_EQ(make_invalidation("pattern", "a*", true), (Invalidation{Kind::pattern, "a*", true}));
  EXPECT_EQ(make_invalidation("tag", "t"), (Invalidation{Kind::tag, "t", false}));
  EXPECT_EQ(make_invalidation("upstream", "u"), (Invalidation{Kind::upstream, "u", false}));
  EXPECT_EQ(make_invalidation("all", ""), (Invalidation{Kind::all, "", false}));
}

TEST(Invalidation, ThatNamesNothingIsNone) {
  EXPECT_FALSE(make_invalidation("tag", ""));
  EXPECT_FALSE(make_invalidation("all", "x"));
  EXPECT_FALSE(make_invalidation("everything", ""));
}

}  // namespace
}  // namespace cachearr::caching
