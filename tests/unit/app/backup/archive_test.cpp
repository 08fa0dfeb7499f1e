#include "app/backup/archive.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "support/scratch.hpp"

namespace cachearr::app::backup {
namespace {

using testing::HasSubstr;

const Manifest kAbout{CACHEARR_VERSION, "2026-11-30T01:45:00Z", {{"rules.d", true}}, {}};
const std::vector<Member> kMembers{{"config/cachearr.json", "{}\n"},
                                   {"config/rules.d/mine.json", std::string(1000, 'r')},
                                   {"rules/own.json", "{}"},
                                   {"state/savings%3A1", std::string{"\0\1\2", 3}}};

std::string archive_of(const std::vector<Member>& members, const Manifest& about = kAbout) {
  std::ostringstream out;
  const auto failed = write_archive(out, about, members);
  EXPECT_FALSE(failed) << failed->what;
  return out.str();
}

/// The members as they come out; the error where something is wrong.
Result<std::vector<std::string>> read_all(const std::string& bytes) {
  std::istringstream in{bytes};
  ArchiveReader reader{in};
  const auto manifest = reader.read_manifest();
  if (!manifest) return manifest.error();
  std::vector<std::string> contents;
  for (const auto& member : manifest->members) {
    auto& content = contents.emplace_back();
    if (auto failed = reader.read_member(member, [&](std::string_view piece) { return content.append(piece), true; }))
      return *std::move(failed);
  }
  if (auto failed = reader.read_end()) return *std::move(failed);
  return contents;
}

std::string problem_with(const std::string& bytes) {
  const auto read = read_all(bytes);
  return read ? "none" : read.error().what;
}

TEST(Archive, GivesBackWhatWasPutIn) {
  const auto bytes = archive_of(kMembers);
  EXPECT_EQ(bytes.size() % 512, 0U);
  const auto read = read_all(bytes);
  ASSERT_TRUE(read) << read.error().what;
  ASSERT_EQ(read->size(), kMembers.size());
  for (std::size_t i = 0; i < kMembers.size(); ++i) EXPECT_EQ((*read)[i], kMembers[i].bytes);
}

TEST(Archive, TakesContentsFromFilesToo) {
  const test::Scratch scratch;
  const auto file = scratch.file("data", std::string(200'000, 'd'));
  const auto read = read_all(archive_of({{"store/data.mdb", {}, file}}));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->front(), std::string(200'000, 'd'));
}

/// From the last that a header holds to the first whose length needs a digit more, and the longest.
TEST(Archive, HoldsNamesOfAnyLengthThatFilesHave) {
  for (const std::size_t length : {99U, 100U, 101U, 990U, 991U, 992U, 993U, 1024U}) {
    const auto name = "config/" + std::string(length - 7, 'n');
    const auto read =
        read_all(archive_of({{"config/cachearr.json", "{}"}, {name, "long"}, {"rules/own.json", "last"}}));
    ASSERT_TRUE(read) << length << read.error().what;
    EXPECT_EQ(*read, (std::vector<std::string>{"{}", "long", "last"})) << length;
  }
}

TEST(Archive, IsDamagedWhereALongNameIsAnother) {
  const auto name = "config/" + std::string(150, 'n');
  const auto whole = archive_of({{name, "long"}});
  const auto at = whole.find(" path=" + name);
  ASSERT_NE(at, std::string::npos);
  for (const auto place : {at - 1, at + 1, at + 20, at + 150, at + 6 + name.size()}) {
    auto other = whole;
    other[place] = static_cast<char>(other[place] ^ 1);
    EXPECT_THAT(problem_with(other), HasSubstr("the name " + name)) << place;
  }
}

TEST(Archive, IsNoArchiveWithAnyBitFlippedOrAnyByteMissing) {
  const auto whole = archive_of({{"config/cachearr.json", "{\"threads\": 1}"}});
  for (std::size_t i = 0; i < whole.size(); i += 7) {
    auto flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_NE(problem_with(flipped), "none") << i;
  }
  for (std::size_t size = 0; size < whole.size(); size += 97) EXPECT_NE(problem_with(whole.substr(0, size)), "none");
}

TEST(Archive, HasNothingBehindItsEnd) { EXPECT_THAT(problem_with(archive_of(kMembers) + "more"), HasSubstr("behind")); }

TEST(Archive, OfOtherProgramsIsForeign) {
  EXPECT_THAT(problem_with("PK\3\4 this is a zip"), HasSubstr("no export of cachearr"));
  EXPECT_THAT(problem_with("a text\n"), HasSubstr("no export of cachearr"));
  EXPECT_THAT(problem_with(std::string(2048, 'x')), HasSubstr("no export of cachearr"));
}

TEST(Archive, OfALaterVersionIsRefusedWithWhatToDo) {
  auto later = kAbout;
  later.version = "99.0.0";
  const auto encoded = encode(later);
  const auto read = decode_manifest(encoded);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().what, HasSubstr("later"));
  EXPECT_THAT(read.error().what, HasSubstr("99.0.0"));
}

TEST(Archive, OfALaterFormatIsRefusedWithoutNamingItsVersionAsLater) {
  auto later = encode(kAbout);
  later.replace(later.find("\"format\": 1"), 11, "\"format\": 2");
  const auto read = decode_manifest(later);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().what, HasSubstr("later format"));
}

TEST(Manifest, BringsNothingThatTerminalsObey) {
  auto about = kAbout;
  const auto refuses = [&about] {
    const auto read = decode_manifest(encode(about));
    return !read && read.error().what.find('\x1b') == std::string::npos;
  };
  about.version = "9\x1b[2J";
  EXPECT_TRUE(refuses());
  about = kAbout;
  about.made = "\x1b]0;x\a";
  EXPECT_TRUE(refuses());
  about = kAbout;
  about.rules.push_back({"\x1b[2J", false});
  EXPECT_TRUE(refuses());
  about = kAbout;
  about.members.push_back({"config/\x1b[2J", 0, std::string(64, 'a')});
  EXPECT_TRUE(refuses());
}

TEST(Archive, TakesNoNameThatLeadsElsewhere) {
  for (const auto* const name :
       {"/etc/passwd", "config/../../etc/passwd", "..", "config/..", "config//a", "config/", "config/%2e%2e/a",
        "config/a%2Fb", "config/a b", "config/a\nb", "config/%00", "config/%1B%5B2J", "config/%C2%9B2J", ""})
    EXPECT_FALSE(is_safe_name(name)) << name;
  EXPECT_FALSE(is_safe_name("config/" + std::string(1024, 'a')));
  EXPECT_TRUE(is_safe_name("config/rules.d/my%20rules.json"));
}

TEST(Archive, NamesStandForPathsAndBack) {
  EXPECT_EQ(name_of("rules.d/für mich.json"), "rules.d/f%C3%BCr%20mich.json");
  EXPECT_EQ(path_of(name_of("rules.d/für mich.json")), "rules.d/für mich.json");
}

TEST(Archive, IsNotWrittenWithWhatCouldNotBeReadAgain) {
  std::ostringstream out;
  EXPECT_TRUE(write_archive(out, kAbout, {{"config/../escape", "x"}}));
  EXPECT_TRUE(write_archive(out, kAbout, {{"what/is/this", "x"}}));
  EXPECT_TRUE(write_archive(out, kAbout, {{"state/a", "x"}, {"config/cachearr.json", "{}"}}));
  EXPECT_TRUE(write_archive(out, kAbout, {{"state/a", "x"}, {"state/a", "y"}}));
}

TEST(Manifest, RefusesMembersThatAreTooLarge) {
  auto large = kAbout;
  large.members = {{"config/cachearr.json", 17ULL * 1024 * 1024, std::string(64, 'a')}};
  EXPECT_FALSE(decode_manifest(encode(large)));
  large.members.front().size = 1024;
  EXPECT_TRUE(decode_manifest(encode(large)));
}

}  // namespace
}  // namespace cachearr::app::backup
