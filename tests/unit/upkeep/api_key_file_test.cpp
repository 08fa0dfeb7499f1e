#include "upkeep/api_key_file.hpp"

#include <gmock/gmock.h>

#include "support/scratch.hpp"

namespace cachearr::upkeep {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ApiKeyFile : public ::testing::Test {
 protected:
  Result<std::string> read(const std::string& content) { return read_api_key(scratch_.file("app.key", content)); }
  std::string problem(const std::string& content) {
    const auto key = read(content);
    return key ? "none" : key.error().what;
  }

  const test::Scratch scratch_;
};

TEST_F(ApiKeyFile, IsReadWithoutWhatAnEditorAddsToIt) {
  EXPECT_EQ(*read("0123456789abcdef"), "0123456789abcdef");
  EXPECT_EQ(*read("0123456789abcdef\n"), "0123456789abcdef");
  EXPECT_EQ(*read(" \t0123456789abcdef \r\n\n"), "0123456789abcdef");
  EXPECT_EQ(*read("with a space"), "with a space");
}

TEST_F(ApiKeyFile, IsRefusedWithItsNameAndWithoutWhatStandsInIt) {
  EXPECT_THAT(problem("secret-one\nsecret-two"),
              AllOf(HasSubstr("app.key has a control character at byte 11"), Not(HasSubstr("secret-"))));
  EXPECT_THAT(problem(" secret\tkey"), HasSubstr("app.key has a control character at byte 8"));
  EXPECT_THAT(problem(std::string("secret\0", 7)), HasSubstr("app.key has a control character at byte 7"));
  EXPECT_THAT(problem("secret\x7f"), HasSubstr("app.key has a control character at byte 7"));
  EXPECT_THAT(problem("\r\n"), HasSubstr("app.key is missing: the file is empty"));
  EXPECT_THAT(problem(std::string(4097, 'k')), HasSubstr("app.key is too long"));
  EXPECT_EQ(*read(std::string(4096, 'k')), std::string(4096, 'k'));
}

TEST_F(ApiKeyFile, CannotBeReadWhereItIsNone) {
  EXPECT_THAT(read_api_key("/no/such/app.key").error().what, HasSubstr("/no/such/app.key cannot be read"));
  EXPECT_THAT(read_api_key("/tmp").error().what, HasSubstr("/tmp cannot be read"));
}

}  // namespace
}  // namespace cachearr::upkeep
