#include "upkeep/interception_health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string_view>

#include "authority/authority.hpp"
#include "rules/load/load.hpp"
#include "support/scratch.hpp"

namespace cachearr::upkeep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<const rules::RuleSet> intercepting(std::string_view host) {
  Problems problems;
  const auto text = R"({"upstreams": {"a": {"hosts": [")" + std::string{host} +
                    R"("], "intercept": true}, "b": {"hosts": ["b.test"]}}})";
  auto rules = rules::load_text(text, "rules.json", problems);
  EXPECT_TRUE(problems.empty());
  return rules;
}

class AnAuthority : public ::testing::Test {
 protected:
  const TimePoint now_ = SystemClock{}.now();
  cachearr::test::Scratch scratch_;
  const Result<authority::Authority> authority_ =
      authority::Authority::init(scratch_ / "ca", {"api.test"}, false, now_);
};

TEST_F(AnAuthority, ThatCoversTheRulesHasNoProblem) {
  ASSERT_TRUE(authority_) << authority_.error().what;
  EXPECT_THAT(problems_of(*authority_, *intercepting("api.test"), now_), IsEmpty());
}

TEST_F(AnAuthority, ThatIsTooNarrowNamesTheHostsThatAreLeftOut) {
  EXPECT_THAT(problems_of(*authority_, *intercepting("other.test"), now_),
              ElementsAre(HasSubstr("may not sign for other.test")));
}

TEST_F(AnAuthority, IsToBeRenewedAMonthBeforeItsEnd) {
  const auto rules = intercepting("api.test");
  const auto end = authority_->not_after();
  EXPECT_THAT(problems_of(*authority_, *rules, end - std::chrono::days{31}), IsEmpty());
  EXPECT_THAT(problems_of(*authority_, *rules, end - std::chrono::days{10}),
              ElementsAre(HasSubstr("expires in 10 days")));
  EXPECT_THAT(problems_of(*authority_, *rules, end), ElementsAre(HasSubstr("has expired")));
}

TEST(WithoutAnAuthority, ATlsListenerAnswersNobody) {
  Config config;
  config.intercept = Switch::off;
  EXPECT_THAT(problems_without_authority(config, *intercepting("api.test"), ""), IsEmpty());
  config.listeners.emplace_back().tls = true;
  EXPECT_THAT(problems_without_authority(config, *intercepting("api.test"), ""),
              ElementsAre(HasSubstr("interception is off")));
}

TEST(WithoutAnAuthority, ItIsSaidWhyTheOneThatIsThereCannotBeUsed) {
  Config config;
  config.intercept = Switch::on;
  EXPECT_THAT(problems_without_authority(config, *intercepting("api.test"), "its key is open to others"),
              ElementsAre("nothing is intercepted: its key is open to others"));
}

}  // namespace
}  // namespace cachearr::upkeep
