#include <gtest/gtest.h>

#include "unit/admin/called.hpp"

namespace cachearr::admin {
namespace {

class BackupCalls : public test::Called {
 protected:
  static constexpr std::string_view kPassphrase = "X-Passphrase: correct%20horse\r\n";
};

TEST_F(BackupCalls, GiveTheExportAsAFile) {
  const auto answer = ask("GET /api/v1/export");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/x-tar");
  EXPECT_NE(answer.fields.find("attachment"), std::string::npos);
  EXPECT_EQ(answer.content(), "an export");
  EXPECT_EQ(instance_.exported_with, "");
}

TEST_F(BackupCalls, GiveTheAuthorityWithAPassphraseAlone) {
  EXPECT_EQ(ask("GET /api/v1/export?authority=1").status, 400);
  EXPECT_EQ(call("GET /api/v1/export", key_line() + std::string{kPassphrase}).status, 400);
  EXPECT_EQ(call("GET /api/v1/export?authority=1", key_line() + std::string{kPassphrase}).status, 200);
  EXPECT_EQ(instance_.exported_with, "correct horse");
  EXPECT_EQ(ask("GET /api/v1/export?authority=perhaps").status, 400);
}

TEST_F(BackupCalls, TakeAnExportInOrSayWhyNot) {
  const auto lines = key_line() + std::string{kPassphrase};
  const auto taken = nlohmann::json::parse(call("POST /api/v1/import", lines, "an export").content());
  EXPECT_EQ(taken["kept"][0], "put");
  EXPECT_EQ(taken["put"][0], "correct horse");
  const auto checked = nlohmann::json::parse(call("POST /api/v1/import?check=1", lines, "an export").content());
  EXPECT_EQ(checked["kept"][0], "checked");
  EXPECT_EQ(call("POST /api/v1/import", lines, "garbage").status, 422);
  EXPECT_EQ(call("POST /api/v1/import", lines).status, 400);
}

TEST_F(BackupCalls, SayWhichRulesOfAnExportAreWrongHere) {
  const auto refused = call("POST /api/v1/import", key_line(), "wrong rules");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.content_type, "application/problem+json");
  const auto told = nlohmann::json::parse(refused.content());
  EXPECT_EQ(told["detail"], "they are wrong");
  EXPECT_EQ(told["problems"][0]["file"], "mine.json");
  EXPECT_EQ(told["problems"][0]["line"], 3);
  const auto damaged = nlohmann::json::parse(call("POST /api/v1/import", key_line(), "garbage").content());
  EXPECT_FALSE(damaged.contains("problems"));
}

TEST_F(BackupCalls, AreForWhoHasTheKey) {
  EXPECT_EQ(call("GET /api/v1/export").status, 401);
  EXPECT_EQ(call("POST /api/v1/import", "", "an export").status, 401);
}

}  // namespace
}  // namespace cachearr::admin
