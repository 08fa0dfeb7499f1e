// From rules files to a RuleSet. Used at start, at reload and for validation; the only part of this module that touches
// the disk.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/position.hpp"
#include "rules/rule_set.hpp"

namespace cachearr::rules {

/// Where rules that are written through the program lie, in its state directory: before all others.
inline std::string own_folder(const std::string& state_dir) { return state_dir + "/rules.d"; }

/// By path: what a file holds in place of what is on disk; none: it is as if it were not there.
using FileTexts = std::map<std::string, std::optional<std::string>>;

struct LoadOptions {
  std::vector<std::string> paths;  // files or folders (*.json in name order), in order of precedence
  bool shipped = true;             // append the embedded shipped rules after them
  std::unordered_map<std::string, Duration> ttl_overrides;  // by type name, from the environment
  std::string draft{};  // the text of a file that is not on disk, before all others; empty: none
  FileTexts instead{};  // of files of `paths`, or new ones in its folders
};
/// Null where there is any problem; every problem is appended.
std::shared_ptr<const RuleSet> load(const LoadOptions& options, Problems& problems);
/// The same from one text, for validation and tests.
std::shared_ptr<const RuleSet> load_text(std::string_view text, std::string_view file_name, Problems& problems);

}  // namespace cachearr::rules
