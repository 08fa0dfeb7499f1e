#include "pipeline/config_snapshot.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "support/scratch.hpp"

namespace cachearr::pipeline {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<const Settings> compiled(const Config& config) {
  Problems problems;
  auto settings = compile_settings(config, problems);
  EXPECT_THAT(problems, IsEmpty());
  return settings;
}
bool may_use(const Settings& settings, std::string_view address) {
  return settings.may_use(ip::parse_address(address).value());
}

TEST(Access, IsForLocalNetworksUnlessTheConfigurationSaysOtherwise) {
  const auto settings = compiled({});
  for (const auto* const address : {"127.0.0.1", "::1", "10.1.2.3", "172.20.0.1", "192.168.1.1", "::ffff:192.168.1.1"})
    EXPECT_TRUE(may_use(*settings, address)) << address;
  for (const auto* const address : {"8.8.8.8", "2001:db8::1", "172.32.0.1", "::2"})
    EXPECT_FALSE(may_use(*settings, address)) << address;
}

TEST(Access, IsForTheRangesOfTheConfiguration) {
  Config config;
  config.access.clients = {"203.0.113.0/24", "2001:db8::7"};
  const auto settings = compiled(config);
  EXPECT_TRUE(may_use(*settings, "203.0.113.200"));
  EXPECT_TRUE(may_use(*settings, "2001:db8::7"));
  EXPECT_FALSE(may_use(*settings, "127.0.0.1"));
  EXPECT_FALSE(may_use(*settings, "2001:db8::8"));
  config.access.clients = {};
  EXPECT_FALSE(may_use(*compiled(config), "127.0.0.1"));
}

TEST(Access, NamesEveryRangeThatIsNone) {
  Config config;
  config.file = "/etc/x.json";
  config.access.clients = {"10.0.0.0/8", "10.0.0.0/40", "home"};
  Problems problems;
  EXPECT_FALSE(compile_settings(config, problems));
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_THAT(problems[0].message, HasSubstr("10.0.0.0/40"));
  EXPECT_THAT(problems[1].message, HasSubstr("home"));
  EXPECT_EQ(problems[0].at.file, "/etc/x.json");
}

TEST(Access, LetsTunnelsGoToTheNamedPortsOnly) {
  const auto usual = compiled({});
  EXPECT_TRUE(usual->may_connect_to_port(443));
  EXPECT_TRUE(usual->may_connect_to_port(80));
  EXPECT_FALSE(usual->may_connect_to_port(22));
  Config config;
  config.access.connect_ports = {8443};
  EXPECT_TRUE(compiled(config)->may_connect_to_port(8443));
  EXPECT_FALSE(compiled(config)->may_connect_to_port(443));
}

class Authorisation : public ::testing::Test {
 protected:
  std::shared_ptr<const Settings> with_password(std::string_view content) {
    const auto path = scratch_ / "password";
    std::ofstream{path, std::ios::binary} << content;
    Config config;
    config.access.basic_user = "me";
    config.access.basic_password_file = path;
    return compiled(config);
  }
  static std::string basic(std::string_view pair) { return "Basic " + text::base64_encode(pair); }
  cachearr::test::Scratch scratch_;
};

TEST_F(Authorisation, IsNotNeededWhereNoUserIsNamed) {
  EXPECT_TRUE(compiled({})->is_authorised(""));
  EXPECT_TRUE(compiled({})->is_authorised("whatever"));
}

TEST_F(Authorisation, TakesTheOneUserWithTheOnePassword) {
  const auto settings = with_password("se:cret");
  EXPECT_TRUE(settings->is_authorised(basic("me:se:cret")));
  EXPECT_TRUE(settings->is_authorised("bAsIc   " + text::base64_encode("me:se:cret") + " "));
}

TEST_F(Authorisation, TakesNothingElse) {
  const auto settings = with_password("secret");
  for (const auto& value : {std::string{}, std::string{"Basic"}, std::string{"Basic "}, basic(""), basic("me:"),
                            basic("me:secre"), basic("me:secretx"), basic("me:secretme:secret"), basic("Me:secret"),
                            basic("me"), std::string{"Basic me:secret"}, std::string{"Basic ****"},
                            "Bearer " + text::base64_encode("me:secret"), "Basicx" + text::base64_encode("me:secret")})
    EXPECT_FALSE(settings->is_authorised(value)) << value;
}

TEST_F(Authorisation, DoesNotTakeAnEditorsLineEndForThePassword) {
  EXPECT_TRUE(with_password("secret\n")->is_authorised(basic("me:secret")));
  EXPECT_TRUE(with_password("secret\r\n")->is_authorised(basic("me:secret")));
  EXPECT_TRUE(with_password(" secret \n")->is_authorised(basic("me: secret ")));
}

TEST_F(Authorisation, NeedsItsPasswordFile) {
  Config config;
  config.access.basic_user = "me";
  config.access.basic_password_file = scratch_ / "missing";
  Problems problems;
  EXPECT_FALSE(compile_settings(config, problems));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0].message, HasSubstr("missing"));
}

}  // namespace
}  // namespace cachearr::pipeline
