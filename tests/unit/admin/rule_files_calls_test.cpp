#include <gmock/gmock.h>

#include "support/scratch.hpp"
#include "unit/admin/called.hpp"

namespace cachearr::admin::test {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kGood =
    R"({"rules": [{"name": "mine", "upstream": "tmdb", "match": {"path": "/**"}, "ttl": "1h"}]})";

class RuleFilesCalled : public ::testing::Test {
 protected:
  RuleFilesCalled() : instance_{config()} {}
  Config config() const {
    Config config;
    config.rules = {folder_.path()};
    config.state_dir = state_.path();
    return config;
  }
  Answer ask(std::string_view start, std::string_view body = "", std::string_view lines = "") {
    auto fields = "Host: 127.0.0.1\r\nX-Api-Key: " + std::string{kKey} + "\r\n" + std::string{lines};
    if (!body.empty())
      fields += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    const cachearr::test::Asked asked{start, fields};
    auto admitted = api_.admit(asked.head, asked.framing, false);
    return admitted ? api_.run(*admitted, body, {}) : admitted.error();
  }

  const cachearr::test::Scratch folder_, state_;
  QuietInstance instance_;
  Api api_{instance_};
};

TEST_F(RuleFilesCalled, WriteWhatIsValidAndReload) {
  EXPECT_EQ(ask("PUT /api/v1/rules/files/mine.json", kGood).status, 201);
  EXPECT_EQ(cachearr::test::content_of(folder_ / "mine.json"), kGood);
  EXPECT_EQ(instance_.reloads, 1);
  EXPECT_EQ(ask("GET /api/v1/rules/files/mine.json").content(), kGood);
}

TEST_F(RuleFilesCalled, WriteNothingThatIsNotValid) {
  const auto answer = ask("PUT /api/v1/rules/files/mine.json", R"({"rules": 5})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body, HasSubstr("mine.json"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "mine.json"));
  EXPECT_EQ(instance_.reloads, 0);
}

TEST_F(RuleFilesCalled, PutBackWhatWasThereWhereTheReloadIsRefused) {
  folder_.file("mine.json", std::string{kGood});
  instance_.outcome = {false, {{{"cachearr.json", 1, 1}, "the configuration is broken"}}, {}};
  const auto answer = ask("PUT /api/v1/rules/files/mine.json", "{}");
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body, HasSubstr("the configuration is broken"));
  EXPECT_EQ(cachearr::test::content_of(folder_ / "mine.json"), kGood);
  EXPECT_EQ(ask("DELETE /api/v1/rules/files/mine.json").status, 422);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "mine.json"));
  EXPECT_EQ(ask("PUT /api/v1/rules/files/new.json", "{}").status, 422);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "new.json"));
}

TEST_F(RuleFilesCalled, ObeyTheConditionsOfTheirWriter) {
  folder_.file("mine.json", "{}");
  const auto lines = [](std::string_view name, std::string_view value) {
    return std::string{name} + ": " + std::string{value} + "\r\n";
  };
  EXPECT_EQ(ask("PUT /api/v1/rules/files/mine.json", kGood, lines("If-None-Match", "*")).status, 412);
  EXPECT_EQ(ask("PUT /api/v1/rules/files/mine.json", kGood, lines("If-Match", "\"other\"")).status, 412);
  EXPECT_EQ(ask("PUT /api/v1/rules/files/gone.json", kGood, lines("If-Match", "*")).status, 412);
  EXPECT_EQ(ask("PUT /api/v1/rules/files/mine.json", kGood, lines("If-Match", "*")).status, 200);
}

}  // namespace
}  // namespace cachearr::admin::test
