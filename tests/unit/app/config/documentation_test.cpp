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

TEST(Documentation, TheManualKnowsEverySetting) {
  const auto manual = page("packaging/man/cachearr.json.5");
  for (const auto& setting : settings()) {
    EXPECT_NE(manual.find(".BR " + setting.path + " "), std::string::npos) << setting.path;
  }
}

/// One section of the example, whether its members are commented out or not; all of it for "".
std::string section_of(const std::string& text, const std::string& section) {
  const auto begin = section.empty() ? 0 : text.find("\n  \"" + section + "\": {");
  if (begin == std::string::npos) return {};
  return text.substr(begin, section.empty() ? std::string::npos : text.find("\n  }", begin) - begin);
}

TEST(Documentation, TheShippedConfigurationShowsEverySetting) {
  const auto example = page("packaging/cachearr.json");
  for (const auto& setting : settings()) {
    const auto dot = setting.path.find('.');
    const auto section = dot == std::string::npos ? std::string{} : setting.path.substr(0, dot);
    const auto name = setting.path.substr(setting.path.rfind('.') + 1);
    EXPECT_NE(section_of(example, section).find("\"" + name + "\":"), std::string::npos) << setting.path;
  }
}

}  // namespace
}  // namespace cachearr::app
