#include "app/cli/completion_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::app {
namespace {

using testing::HasSubstr;
using testing::Not;

OptionShape option_shape(std::vector<std::string> names, std::string value, std::vector<std::string> choices = {}) {
  return {std::move(names), "What it's [good] for: this", std::move(value), std::move(choices), false, false};
}

/// A program with an option, a command, and a command below another.
CommandShape small_program() {
  OptionShape file{{"file"}, "Where to", "TEXT", {}, true, false};
  OptionShape shell{{"shell"}, "Which", "TEXT:{bash,zsh}", {"bash", "zsh"}, true, false};
  const CommandShape export_it{
      "export", "Write it", {option_shape({"-f", "--format"}, "FORMAT", {"pem", "der"}), file}, {}};
  const CommandShape group{"ca", "The authority", {}, {export_it}};
  const CommandShape completions{"completions", "A script", {shell}, {}};
  return {
      "cachearr", "A proxy", {option_shape({"--config"}, "FILE"), option_shape({"--json"}, "")}, {group, completions}};
}

TEST(BashCompletion, KnowsTheWordsOfEachPlace) {
  const auto script = bash_completion(small_program());
  EXPECT_THAT(script, HasSubstr("'') words='ca completions --config --json' ;;"));
  EXPECT_THAT(script, HasSubstr("'completions') words='bash zsh' ;;"));
  EXPECT_THAT(script, HasSubstr("'ca export') words='-f --format'; compopt -o default ;;"));
}

TEST(BashCompletion, FindsACommandBelowAnother) {
  const auto script = bash_completion(small_program());
  EXPECT_THAT(script, HasSubstr("' ca') at='ca' ;;"));
  EXPECT_THAT(script, HasSubstr("'ca export') at='ca export' ;;"));
}

TEST(BashCompletion, OffersTheValuesOfAnOptionAndFilesForAFile) {
  const auto script = bash_completion(small_program());
  EXPECT_THAT(script,
              HasSubstr("'ca export -f' | 'ca export --format') COMPREPLY=($(compgen -W 'pem der' -- \"$cur\"))"));
  EXPECT_THAT(script, HasSubstr("' --config') compopt -o default; return ;;"));
  EXPECT_THAT(script, Not(HasSubstr("' --json')")));
}

TEST(ZshCompletion, QuotesWhatTheShellWouldRead) {
  EXPECT_THAT(zsh_completion(small_program()), HasSubstr(R"('(--json)--json[What it'\''s \[good\] for\: this]')"));
}

TEST(ZshCompletion, GivesEachPlaceAFunctionThatTheOneAboveCalls) {
  const auto script = zsh_completion(small_program());
  EXPECT_THAT(script, HasSubstr("_cachearr_ca_export() {"));
  EXPECT_THAT(script, HasSubstr("export) _cachearr_ca_export ;;"));
  EXPECT_THAT(script, HasSubstr(":value:(pem der)'"));
  EXPECT_THAT(script, HasSubstr("':Where to:_files'"));
}

TEST(FishCompletion, OffersACommandOnlyInItsPlace) {
  const auto script = fish_completion(small_program());
  EXPECT_THAT(script,
              HasSubstr("-n '__fish_seen_subcommand_from ca; and not __fish_seen_subcommand_from export' -a export "));
  EXPECT_THAT(script,
              HasSubstr("-n '__fish_seen_subcommand_from ca; and __fish_seen_subcommand_from export' -s f -l format "
                        "-x -a 'pem der'"));
  EXPECT_THAT(script, HasSubstr("-n 'not __fish_seen_subcommand_from ca completions' -l config -r -F"));
}

}  // namespace
}  // namespace cachearr::app
