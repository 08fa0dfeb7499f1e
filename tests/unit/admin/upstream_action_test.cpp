#include "admin/upstream_action.hpp"

#include <gmock/gmock.h>

#include "unit/admin/called.hpp"

namespace cachearr::admin::test {
namespace {

using ::testing::HasSubstr;

Result<UpstreamAction> read(const char* body) { return read_action(nlohmann::json::parse(body)); }

TEST(AnAction, MayDoEverythingAtOnce) {
  const auto action = read(R"({"paused": false, "mode": "prefer-cache", "reset": ["breaker", "cooldown"]})");
  ASSERT_TRUE(action);
  EXPECT_EQ(*action, (UpstreamAction{false, rules::UpstreamMode::prefer_cache, true, true}));
}

TEST(AnAction, MayResetOneThing) {
  EXPECT_EQ(*read(R"({"reset": ["cooldown"]})"), (UpstreamAction{std::nullopt, std::nullopt, false, true}));
}

TEST(AnAction, NamesTheMemberThatIsWrong) {
  for (const auto& [body, error] : {
           std::pair{R"({"paused": "yes"})", "\"paused\" must be true or false"},
           {R"({"mode": "prefer_cache"})", "\"mode\" must be \"live\", \"prefer-cache\" or \"offline\""},
           {R"({"mode": 1})", "\"mode\" must be"},
           {R"({"reset": "breaker"})", "\"reset\" must be a list of \"breaker\" and \"cooldown\""},
           {R"({"reset": []})", "\"reset\" must be a list"},
           {R"({"reset": ["quota"]})", "\"reset\" must be a list"},
           {R"({"pause": true})", "there is no member \"pause\" here, did you mean 'paused'?"},
           {"{}", "nothing is to be done"},
       }) {
    const auto action = read(body);
    ASSERT_FALSE(action) << body;
    EXPECT_THAT(action.error().what, HasSubstr(error));
  }
}

class Upstreams : public Called {};

TEST_F(Upstreams, ThatNobodyKnowsAreNotFoundAndMistakesAreTold) {
  EXPECT_EQ(ask("POST /api/v1/upstreams/nobody", R"({"paused": true})").status, 404);
  EXPECT_EQ(ask("POST /api/v1/upstreams/nobody", R"({"reset": ["breaker"]})").status, 404);
  const auto wrong = ask("POST /api/v1/upstreams/nobody", R"({"paused": 1})");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, HasSubstr("\\\"paused\\\" must be true or false"));
  EXPECT_EQ(ask("POST /api/v1/upstreams/nobody", "[]").status, 400);
}

TEST_F(Upstreams, AreChangedByThoseWhoKnowTheKey) {
  EXPECT_EQ(call("POST /api/v1/upstreams/a").status, 401);
  EXPECT_EQ(ask("GET /api/v1/upstreams/a").status, 405);
  EXPECT_EQ(call("POST /api/v1/upstreams/a", key_line() + "Sec-Fetch-Site: cross-site\r\n").status, 403);
}

}  // namespace
}  // namespace cachearr::admin::test
