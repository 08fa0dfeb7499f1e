#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "app/cli/cli.hpp"
#include "app/exit_code.hpp"

namespace cachearr::app {
namespace {

CommandShape described_program() {
  std::ostringstream out, err;
  CliEnv env{{}, out, err, [](const ServeOptions&) { return exit_ok; }};
  return program_shape(env);
}

/// The manual of the program without the marks of its format.
std::string plain_manual() {
  std::ifstream file{std::string{CACHEARR_SOURCE_DIR} + "/packaging/man/cachearr.1"};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  text = std::regex_replace(text, std::regex{R"(\\f[A-Z])"}, "");
  text = std::regex_replace(text, std::regex{R"(\\-)"}, "-");
  text = std::regex_replace(text, std::regex{R"rx(\n\.(B|BR|I|IR|RB|RI) )rx"}, "\n");
  return std::regex_replace(text, std::regex{"\" *"}, "");
}

std::string section(const std::string& manual, const std::string& title) {
  const auto begin = manual.find("\n.SH " + title + "\n");
  if (begin == std::string::npos) return {};
  return manual.substr(begin, manual.find("\n.SH ", begin + 1) - begin);
}

bool has_word(const std::string& text, const std::string& word) {
  return std::regex_search(text, std::regex{"(^|[^a-z-])" + word + "([^a-z-]|$)"});
}

/// The paragraph whose first line names the command, as the first one or after a comma.
std::string paragraph_of(const std::string& commands, const std::string& path) {
  for (auto at = commands.find("\n.TP\n"); at != std::string::npos;) {
    const auto next = commands.find("\n.TP\n", at + 1);
    const auto paragraph = commands.substr(at + 5, next == std::string::npos ? next : next - at - 5);
    const std::regex named{"(^|, )" + path + "([^a-z-]|$)"};
    if (std::regex_search(paragraph.substr(0, paragraph.find('\n')), named)) return paragraph;
    at = next;
  }
  return {};
}

void expect_described(const std::string& manual, const CommandShape& command, const std::string& path) {
  const auto paragraph = paragraph_of(section(manual, "COMMANDS"), path);
  EXPECT_NE(paragraph, "") << "no paragraph of " << path;
  const auto options = section(manual, "OPTIONS");
  for (const auto& option : command.options) {
    if (option.positional) continue;
    const auto& name = option.names.back();
    EXPECT_TRUE(has_word(paragraph, name) || has_word(options, name)) << path << " " << name;
  }
  for (const auto& below : command.commands) expect_described(manual, below, path + " " + below.name);
}

void collect_options(const CommandShape& command, std::set<std::string>& names) {
  for (const auto& option : command.options) names.insert(option.names.begin(), option.names.end());
  for (const auto& below : command.commands) collect_options(below, names);
}

TEST(TheManual, DescribesEveryCommandAndOption) {
  const auto manual = plain_manual();
  for (const auto& command : described_program().commands) expect_described(manual, command, command.name);
}

TEST(TheManual, NamesNoOptionThatThereIsNot) {
  std::set<std::string> known;
  collect_options(described_program(), known);
  const auto manual = plain_manual();
  const std::regex option{R"((^|[^a-z-])(--[a-z][a-z-]*))"};
  for (auto at = std::sregex_iterator{manual.begin(), manual.end(), option}; at != std::sregex_iterator{}; ++at)
    EXPECT_TRUE(known.contains((*at)[2].str())) << (*at)[2].str();
}

}  // namespace
}  // namespace cachearr::app
