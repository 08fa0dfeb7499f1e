#include "shared/sentinels.hpp"

#include <gtest/gtest.h>

namespace cachearr::shared {
namespace {

const ServerHost kOldMaster{"old", 1}, kNewMaster{"new", 2};

TEST(OfWhatSentinelsSay, TheLaterEpochIsRightWhereverItStands) {
  EXPECT_EQ(latest({MasterWord{3, kOldMaster}, MasterWord{4, kNewMaster}})->host, kNewMaster);
  EXPECT_EQ(latest({MasterWord{4, kNewMaster}, MasterWord{3, kOldMaster}})->host, kNewMaster);
  EXPECT_EQ(latest({std::nullopt, MasterWord{0, kNewMaster}})->host, kNewMaster);
}

TEST(OfWhatSentinelsSay, TheFirstIsRightWhereTheyAreOfOneEpoch) {
  EXPECT_EQ(latest({MasterWord{3, kOldMaster}, MasterWord{3, kNewMaster}})->host, kOldMaster);
}

TEST(OfWhatSentinelsSay, NothingIsRightWhereNobodySpeaks) {
  EXPECT_EQ(latest({}), nullptr);
  EXPECT_EQ(latest({std::nullopt, std::nullopt}), nullptr);
}

}  // namespace
}  // namespace cachearr::shared
