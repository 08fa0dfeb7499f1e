// Finds and reads rules files. The only unit of this folder that touches the disk; used at start and at reload.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/position.hpp"
#include "rules/load/load.hpp"

namespace cachearr::rules {

struct RuleText {
  std::string name;    // as messages show it
  std::string folder;  // where relative names in it begin
  std::string text;
  bool shipped = false;
};

/// The files behind `paths`: files as they are named, folders as their *.json in name order, and `instead` of what lies
/// there. What cannot be read is a problem.
std::vector<RuleText> read_files(const std::vector<std::string>& paths, const FileTexts& instead, Problems& problems);

struct ShippedFile {
  std::string_view name;  // "tmdb.json"
  std::string_view text;
};
/// The rules that were built into the program, in name order.
std::span<const ShippedFile> shipped_files() noexcept;

}  // namespace cachearr::rules
