#include "fetch/stale.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace cachearr::fetch {
namespace {

using metrics::StaleReason;

TEST(AStoredResponse, StandsInAsFarAsItsWindowsReach) {
  const TimePoint now{std::chrono::hours{1000}};
  const auto ms = now.time_since_epoch().count();
  caching::EntryMeta none, on_error, when_limited, fresh, strict;
  for (auto* meta : {&none, &on_error, &when_limited, &strict}) meta->fresh_until_ms = ms - 10'000;
  on_error.sie_seconds = 60;
  when_limited.limited_seconds = 60;
  fresh.fresh_until_ms = ms + 10'000;
  strict.flags = caching::kMustRevalidate;
  strict.sie_seconds = 60;
  struct Case {
    const caching::EntryMeta& meta;
    StaleReason reason;
    bool set_offline, may;
  };
  const std::vector<Case> cases{
      {none, StaleReason::if_error, false, false},        {on_error, StaleReason::if_error, false, true},
      {on_error, StaleReason::limited, false, true},      {when_limited, StaleReason::limited, false, true},
      {when_limited, StaleReason::cooldown, false, true}, {when_limited, StaleReason::if_error, false, false},
      {fresh, StaleReason::limited, false, true},         {none, StaleReason::offline, true, true},
      {none, StaleReason::offline, false, false},         {strict, StaleReason::if_error, false, false}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& row = cases[i];
    EXPECT_EQ(may_stand_in({row.reason, row.set_offline}, row.meta, {}, now), row.may) << i;
  }
}

TEST(AStoredResponse, StandsInForAnOriginThatCannotBeReachedForADay) {
  const TimePoint now{std::chrono::hours{1000}};
  caching::EntryMeta meta;
  meta.fresh_until_ms = (now - std::chrono::hours{24}).time_since_epoch().count();
  EXPECT_TRUE(may_stand_in({StaleReason::if_error, false, true}, meta, {}, now));
  EXPECT_FALSE(may_stand_in({StaleReason::if_error, false, false}, meta, {}, now)) << "it answered, with an error";
  EXPECT_FALSE(may_stand_in({StaleReason::if_error, false, true}, meta, {}, now + Duration{1}));
  meta.flags = caching::kMustRevalidate;
  EXPECT_FALSE(may_stand_in({StaleReason::if_error, false, true}, meta, {}, now));
}

}  // namespace
}  // namespace cachearr::fetch
