// What an export says of itself: its first member, which lists all others with their sizes and checksums. Pure.
//
// The members: "config/cachearr.json" and the user's own rules below "config/", as they lie relative to the
// configuration; "rules/NAME" for those that were written through the program; "state/NAME" for each kept state;
// "authority.sealed"; "store/data.mdb", "store/purges" and "store/secret". Configuration and rules come first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace cachearr::app::backup {

inline constexpr std::string_view kConfigMember = "config/cachearr.json", kConfigFolder = "config/",
                                  kOwnRulesFolder = "rules/", kStateFolder = "state/",
                                  kAuthorityMember = "authority.sealed", kStoreFolder = "store/",
                                  kStoreData = "store/data.mdb", kStoreJournal = "store/purges",
                                  kStoreSecret = "store/secret", kManifestMember = "manifest.json";

/// Of every member but the store.
inline constexpr std::uint64_t kLargestFile = 16ULL * 1024 * 1024;

struct MemberInfo {
  std::string name;
  std::uint64_t size = 0;
  std::string sha256;  // 64 hexadecimal digits
  friend bool operator==(const MemberInfo&, const MemberInfo&) = default;
};

/// A file or folder that the configuration names for rules, relative to it.
struct RulesPath {
  std::string name;
  bool folder = false;
  friend bool operator==(const RulesPath&, const RulesPath&) = default;
};

struct Manifest {
  std::string version;  // of the program that made it
  std::string made;     // ISO 8601
  std::vector<RulesPath> rules;
  std::vector<MemberInfo> members;
  friend bool operator==(const Manifest&, const Manifest&) = default;

  bool has(std::string_view member) const noexcept;
};

std::string encode(const Manifest& manifest);
/// The error says why nothing of it can be believed: no export of ours, made by a later version, a name that leads
/// elsewhere, a member that is none of the above or too large, one that comes twice.
Result<Manifest> decode_manifest(std::string_view text);

/// Leads nowhere but into the folder that it is put below: relative, without "." and "..", of plain characters and
/// percent-encoded ones.
bool is_safe_name(std::string_view name);
/// The relative path that a name stands for, and back.
std::string path_of(std::string_view name);
std::string name_of(std::string_view path);

}  // namespace cachearr::app::backup
