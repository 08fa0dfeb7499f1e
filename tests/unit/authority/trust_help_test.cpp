#include "authority/trust_help.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::authority {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const TrustFacts facts{"cachearr local authority 1A2B3C4D", "http://proxy.lan:9797/ca.pem"};

TrustSteps steps_for(std::string_view id) {
  for (const auto& steps : trust_steps(facts)) {
    if (steps.id == id) return steps;
  }
  return {};
}

TEST(TrustHelp, EverySystemHasStepsAndTheirUndoing) {
  for (const auto& steps : trust_steps(facts)) {
    EXPECT_FALSE(steps.trust.empty()) << steps.id;
    EXPECT_FALSE(steps.undo.empty()) << steps.id;
  }
}

TEST(TrustHelp, KnowsTheSystemsThatUsersOfMediaManagersHave) {
  for (const auto* id : {"debian", "alpine", "linuxserver", "windows", "macos", "dotnet", "node", "python", "java",
                         "firefox", "chromium"}) {
    EXPECT_FALSE(steps_for(id).title.empty()) << id;
  }
}

TEST(TrustHelp, LeavesNothingToFillIn) {
  for (const auto& steps : trust_steps(facts)) {
    for (const auto& text : {steps.trust, steps.undo}) {
      EXPECT_THAT(text, Not(HasSubstr("{url}"))) << steps.id;
      EXPECT_THAT(text, Not(HasSubstr("{name}"))) << steps.id;
    }
  }
}

TEST(TrustHelp, NamesTheAuthorityThatIsToBeRemoved) {
  EXPECT_THAT(steps_for("windows").undo, HasSubstr("\"cachearr local authority 1A2B3C4D\""));
  EXPECT_THAT(steps_for("debian").trust, HasSubstr("http://proxy.lan:9797/ca.pem"));
}

}  // namespace
}  // namespace cachearr::authority
