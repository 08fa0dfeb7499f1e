// The user's own rules files as they lie on disk, and what they held before: found, read, replaced and put back.
//
// Made for one call, used by one thread; two that write at once are kept apart by whoever makes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>
#include <cachearr/config.hpp>

#include "base/result.hpp"

namespace cachearr::admin {

struct RuleFile {
  std::string name, path;
  bool writable = false;
  std::uint64_t size = 0;
  TimePoint changed{};
};

/// What a file held before it was written, newest first.
struct RuleVersion {
  std::uint64_t number = 0;  // grows with time
  std::uint64_t size = 0;
  TimePoint kept{};  // when it was replaced
};

class RuleFiles {
 public:
  static constexpr std::size_t kMostVersions = 10;
  static constexpr std::size_t kLargest = 1024 * 1024;

  /// `paths`: the configured files and folders. `state_dir`: where files of the program's own lie.
  RuleFiles(std::vector<std::string> paths, std::string state_dir);

  /// In the order in which they are read; of those with one name the first alone.
  std::vector<RuleFile> list() const;
  std::optional<RuleFile> find(std::string_view name) const;
  /// Where a new file goes: into the first configured folder that may be written to, else into the program's own.
  Result<std::string> new_path(std::string_view name) const;
  Result<std::string> read(const std::string& path) const;

  /// Whole or not at all, and flushed. None: it is done.
  std::optional<Error> replace(const std::string& path, std::string_view text) const;
  std::optional<Error> remove(const std::string& path) const;

  /// Keeps `text` as what the file of this name held; the oldest beyond kMostVersions goes.
  std::optional<Error> keep(std::string_view name, std::string_view text) const;
  std::vector<RuleVersion> versions(std::string_view name) const;
  Result<std::string> read_version(std::string_view name, std::uint64_t number) const;
  /// Of files that are gone, but of which something is kept.
  std::vector<std::string> gone() const;

 private:
  std::string folder_of_versions(std::string_view name) const;

  std::vector<std::string> paths_;
  std::string state_dir_;
};

/// "my-rules.json": letters, digits, dots, dashes and underscores.
bool is_rule_file_name(std::string_view name) noexcept;
/// Of a file with this content.
std::string rule_file_etag(std::string_view text);

/// Where a file of this name lies, or would.
std::string path_of_rule_file(const Config& config, std::string_view name);

/// The text with "***" for the user and password of each URL in it.
std::string mask_rule_file(std::string_view text);
/// What was masked, put back out of `before`, the text that was masked. The error: there was no such URL.
Result<std::string> unmask_rule_file(std::string_view text, std::string_view before);

}  // namespace cachearr::admin
