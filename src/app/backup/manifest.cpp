#include "app/backup/manifest.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <optional>
#include <set>

#include "base/text.hpp"

namespace cachearr::app::backup {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kArchiveFormat = 1;
constexpr std::size_t kLongestName = 1024;
constexpr std::size_t kMostMembers = 5000;
constexpr std::uint64_t kLargestStore = 8ULL * 1024 * 1024 * 1024 - 1;

Error foreign(const std::string& what) { return Error{"this is no export of cachearr, or it is damaged: " + what}; }

bool is_plain(char c) noexcept {
  return text::is_digit(c) || (text::lower(c) >= 'a' && text::lower(c) <= 'z') ||
         std::string_view{"._%~-"}.find(c) != std::string_view::npos;
}

/// C0, DEL, and C1 as UTF-8 has them.
bool has_control(std::string_view text) noexcept {
  unsigned char before = 0;
  for (const char each : text) {
    const auto c = static_cast<unsigned char>(each);
    if (c < 0x20 || c == 0x7F || (before == 0xC2 && c < 0xA0)) return true;
    before = c;
  }
  return false;
}

/// One segment, which may stand for something else than it looks like. What terminals obey is in no name, as names are
/// printed.
bool is_safe_part(std::string_view part) {
  const auto meant = text::percent_decode(part);
  return !meant.empty() && meant != "." && meant != ".." && meant.find('/') == std::string::npos &&
         !has_control(meant) && std::all_of(part.begin(), part.end(), is_plain);
}

/// A version or a time: these are printed as well.
bool is_word(std::string_view text) noexcept {
  return text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return text::is_digit(c) || (text::lower(c) >= 'a' && text::lower(c) <= 'z') ||
                  std::string_view{".:+~-"}.find(c) != std::string_view::npos;
         });
}

/// "0.10.2" as numbers.
std::array<std::uint64_t, 3> numbers_of(std::string_view version) {
  std::array<std::uint64_t, 3> numbers{};
  std::size_t at = 0;
  for (const auto part : text::split(version, '.'))
    if (at < numbers.size()) numbers[at++] = text::parse_unsigned(part).value_or(0);
  return numbers;
}

std::uint64_t largest(std::string_view name) noexcept { return name == kStoreData ? kLargestStore : kLargestFile; }

bool is_ours(std::string_view name) noexcept {
  if (name == kAuthorityMember || name == kStoreData || name == kStoreJournal || name == kStoreSecret) return true;
  if (name.starts_with(kConfigFolder)) return true;
  const auto slash = name.find('/');
  const bool flat = slash != std::string_view::npos && name.find('/', slash + 1) == std::string_view::npos;
  return flat && (name.starts_with(kStateFolder) || name.starts_with(kOwnRulesFolder));
}

/// The configuration says where everything else goes, and is checked together with the rules before that.
int rank_of(std::string_view name) noexcept {
  return name.starts_with(kConfigFolder) ? 0 : name.starts_with(kOwnRulesFolder) ? 1 : 2;
}

bool is_hash(std::string_view text) noexcept {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return text::is_digit(c) || (c >= 'a' && c <= 'f'); });
}

std::string word(const Json& json, const char* name) {
  return json.is_object() && json.contains(name) && json[name].is_string() ? json[name].get<std::string>()
                                                                           : std::string{};
}

Result<MemberInfo> read_member_info(const Json& json) {
  MemberInfo member{word(json, "name"), 0, word(json, "sha256")};
  if (!is_safe_name(member.name) || !is_ours(member.name))
    return foreign("a member has the name \"" + name_of(member.name) + "\"");
  if (!is_hash(member.sha256) || !json.contains("size") || !json["size"].is_number_unsigned())
    return foreign("it does not tell the size and the checksum of " + member.name);
  member.size = json["size"].get<std::uint64_t>();
  if (member.size > largest(member.name))
    return Error{member.name + " of the export is larger than such a file may be"};
  return member;
}

std::optional<Error> read_members(const Json& list, Manifest& into) {
  std::set<std::string> names;
  int rank = 0;
  for (const auto& each : list) {
    auto member = read_member_info(each);
    if (!member) return member.error();
    if (!names.insert(member->name).second) return foreign(member->name + " comes twice");
    if (rank_of(member->name) < rank) return foreign("its members are out of order");
    rank = rank_of(member->name);
    into.members.push_back(std::move(*member));
  }
  return std::nullopt;
}

std::optional<Error> read_rules(const Json& list, Manifest& into) {
  for (const auto& each : list) {
    RulesPath path{word(each, "name"), each.is_object() && each.value("folder", Json{}) == true};
    if (!is_safe_name(path.name)) return foreign("rules have the name \"" + name_of(path.name) + "\"");
    into.rules.push_back(std::move(path));
  }
  return std::nullopt;
}

std::optional<Error> check_version(const Json& json) {
  const auto version = word(json, "version");
  if (word(json, "program") != "cachearr" || !json.contains("format") || !json["format"].is_number_integer() ||
      !is_word(version) || !is_word(word(json, "made")))
    return foreign("its manifest is not ours");
  if (numbers_of(version) > numbers_of(CACHEARR_VERSION))
    return Error{"the export was made by cachearr " + version +
                 ", which is later than this one (" CACHEARR_VERSION "): install that version first"};
  if (json["format"].get<std::int64_t>() > kArchiveFormat)
    return Error{"the export has a later format than this cachearr (" CACHEARR_VERSION
                 ") knows: install a later version first"};
  return std::nullopt;
}

bool is_short_list(const Json& json, const char* name) {
  return json.contains(name) && json[name].is_array() && json[name].size() <= kMostMembers;
}

}  // namespace

bool Manifest::has(std::string_view member) const noexcept {
  return std::any_of(members.begin(), members.end(), [member](const MemberInfo& each) { return each.name == member; });
}

bool is_safe_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return false;
  const auto parts = text::split(name, '/');
  return std::all_of(parts.begin(), parts.end(), is_safe_part);
}

std::string path_of(std::string_view name) {
  std::string path;
  for (const auto part : text::split(name, '/'))
    path.append(path.empty() ? "" : "/").append(text::percent_decode(part));
  return path;
}

std::string name_of(std::string_view path) {
  std::string name;
  for (const auto part : text::split(path, '/'))
    name.append(name.empty() ? "" : "/").append(text::percent_encode(part));
  return name;
}

namespace {

/// With this as its own checksum.
std::string encode_with(const Manifest& manifest, const std::string& checksum) {
  Json members = Json::array(), rules = Json::array();
  for (const auto& each : manifest.members)
    members.push_back({{"name", each.name}, {"size", each.size}, {"sha256", each.sha256}});
  for (const auto& each : manifest.rules) rules.push_back({{"name", each.name}, {"folder", each.folder}});
  const Json json = {{"program", "cachearr"}, {"format", kArchiveFormat},  {"version", manifest.version},
                     {"made", manifest.made}, {"rules", std::move(rules)}, {"members", std::move(members)},
                     {"sha256", checksum}};
  return json.dump(1) + "\n";
}

/// Of the manifest itself, as it is without one.
std::string checksum_of(const Manifest& manifest) {
  const auto text = encode_with(manifest, {});
  std::array<unsigned char, 32> hash{};
  EVP_Digest(text.data(), text.size(), hash.data(), nullptr, EVP_sha256(), nullptr);
  std::string hex;
  for (const auto byte : hash) hex.append({"0123456789abcdef"[byte >> 4U], "0123456789abcdef"[byte & 15U]});
  return hex;
}

}  // namespace

std::string encode(const Manifest& manifest) { return encode_with(manifest, checksum_of(manifest)); }

Result<Manifest> decode_manifest(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return foreign("its manifest is no JSON");
  if (auto later = check_version(json)) return *std::move(later);
  if (!is_short_list(json, "members") || !is_short_list(json, "rules")) return foreign("its manifest has no list");
  Manifest manifest{word(json, "version"), word(json, "made"), {}, {}};
  if (auto wrong = read_rules(json["rules"], manifest)) return *std::move(wrong);
  if (auto wrong = read_members(json["members"], manifest)) return *std::move(wrong);
  if (text != encode(manifest)) return foreign("its manifest does not have the checksum that it says");
  return manifest;
}

}  // namespace cachearr::app::backup
