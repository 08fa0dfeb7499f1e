#include "fetch/admission_controller.hpp"

#include <future>
#include <gtest/gtest.h>

#include "rules/load/load.hpp"
#include "unit/admin/disk_double.hpp"

namespace cachearr::fetch {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Answer = limit::Admission::Kind;

constexpr Hash128 kAnna{1, 1};

class AdmissionControllerTest : public ::testing::Test {
 protected:
  std::shared_ptr<const rules::RuleSet> rules_of(std::string_view rate) {
    Problems problems;
    const std::string text = R"({"upstreams": {"nzb": {"hosts": ["nzb.test"], "rate": )" + std::string{rate} + "}}}";
    auto rules = rules::load_text(text, "test", problems);
    EXPECT_TRUE(rules) << (problems.empty() ? "" : problems.front().message);
    return rules;
  }

  bool may_go(AdmissionController& admission, std::string_view upstream = "nzb") {
    limit::Effects effects;
    const auto limiter = admission.registry().limiter(upstream, kAnna, clock_.now());
    const limit::Waiter waiter{admission.registry().new_ticket(), limit::Priority::interactive, 1,
                               clock_.now() + seconds{60}, false};
    const bool taken = limiter->try_take(clock_.now(), waiter, effects);
    admission.apply(std::move(effects));
    return taken;
  }

  ManualClock clock_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(1024 * 1024, clock_);
};

TEST_F(AdmissionControllerTest, GivesUpstreamsTheLimitsOfTheirRules) {
  AdmissionController admission{clock_, *store_};
  admission.configure(*rules_of(R"({"per_second": 0.001, "burst": 2})"));
  EXPECT_TRUE(may_go(admission));
  EXPECT_TRUE(may_go(admission));
  EXPECT_FALSE(may_go(admission));
  EXPECT_TRUE(may_go(admission, "elsewhere:80"));
}

TEST_F(AdmissionControllerTest, ForgivesNothingWhenRulesAreReadAgain) {
  AdmissionController admission{clock_, *store_};
  admission.configure(*rules_of(R"({"per_second": 0.001, "burst": 1})"));
  EXPECT_TRUE(may_go(admission));
  admission.configure(*rules_of(R"({"per_second": 0.001, "burst": 1})"));
  EXPECT_FALSE(may_go(admission));
}

TEST_F(AdmissionControllerTest, AnotherLifeKnowsTheQuotaAndThePausesOfTheOneBefore) {
  const auto rules = rules_of(R"({"quota": [{"limit": 1, "per": "day"}]})");
  {
    AdmissionController admission{clock_, *store_};
    admission.configure(*rules);
    admission.start();
    EXPECT_TRUE(may_go(admission));
    const auto limiter = admission.registry().limiter("unnamed.test:80", kAnna, clock_.now());
    admission.apply(limiter->observe(clock_.now(), {true, clock_.now() + hours{1}, seconds{60}, "429", {}}));
    admission.stop();
  }
  AdmissionController admission{clock_, *store_};
  admission.configure(*rules);
  admission.restore();
  EXPECT_FALSE(may_go(admission));
  const auto limiter = admission.registry().limiter("unnamed.test:80", kAnna, clock_.now());
  EXPECT_EQ(limiter->cooldown_until(clock_.now()), clock_.now() + hours{1});
}

TEST_F(AdmissionControllerTest, HasTheFirstGrantOnDiskAtOnce) {
  struct Hurried final : admin::test::DiskDouble {
    using DiskDouble::DiskDouble;
    void hurry() override {
      if (!std::exchange(told, true)) hurried.set_value();
    }
    std::promise<void> hurried;
    bool told = false;
  } store{clock_};
  AdmissionController admission{clock_, store};
  admission.configure(*rules_of(R"({"quota": [{"limit": 100, "per": "day"}]})"));
  admission.start();
  EXPECT_TRUE(may_go(admission));
  EXPECT_EQ(store.hurried.get_future().wait_for(std::chrono::minutes{1}), std::future_status::ready);
  admission.stop();
}

TEST_F(AdmissionControllerTest, RingsOnTheWorkerOfWhoWaits) {
  const SystemClock clock;
  AdmissionController admission{clock, *store_};
  admission.configure(*rules_of(R"({"concurrency": 1})"));
  admission.start();
  net::Worker worker{0};
  worker.start("test");
  const auto limiter = admission.registry().limiter("nzb", kAnna, clock.now());
  const auto until = clock.now() + seconds{60};
  limit::Effects effects;
  const auto first = admission.registry().new_ticket(), second = admission.registry().new_ticket();
  ASSERT_TRUE(limiter->try_take(clock.now(), {first, limit::Priority::interactive, 1, until, false}, effects));
  ASSERT_FALSE(limiter->try_take(clock.now(), {second, limit::Priority::interactive, 2, until, false}, effects));
  auto place = std::make_shared<AdmissionWaiter>(worker);
  admission.add_waiter(second, place);
  ASSERT_EQ(limiter->ask(clock.now(), {second, limit::Priority::interactive, 2, until, false}, effects).kind,
            Answer::wait);
  admission.apply(limiter->done(clock.now(), first, limit::Outcome::answered, Duration{5}));
  std::promise<bool> granted;
  worker.post([&] { granted.set_value(place->wake && place->wake->granted); });
  EXPECT_TRUE(granted.get_future().get());
  admission.remove_waiter(second);
  worker.stop();
  worker.join();
}

}  // namespace
}  // namespace cachearr::fetch
