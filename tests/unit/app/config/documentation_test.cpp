#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>

#include "app/config/settings.hpp"

namespace cachearr::app {
namespace {

std::string page(const std::string& name) {
  std::ifstream file{std::string{CACHEARR_SOURCE_DIR} + "/" + name};
  return {std::istreambuf_iterator<char>{file}, {}};
}

TEST(Documentation, TheReadmeKnowsEverySetting) {
  const auto readme = page("README.md");
  for (const auto& setting : settings()) {
    EXPECT_NE(readme.find("`" + setting.path + "`"), std::string::npos) << setting.path;
  }
}

TEST(Documentation, TheManualKnowsEverySetting) {
  const auto manual = page("packaging/man/cachearr.json.5");
  for (const auto& setting : settings()) {
    EXPECT_NE(manual.find(".BR " + setting.path + " "), std::string::npos) << setting.path;
  }
}

}  // namespace
}  // namespace cachearr::app
