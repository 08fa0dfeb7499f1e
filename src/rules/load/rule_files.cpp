#include "rules/load/rule_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "rules/load/json_file.hpp"

namespace cachearr::rules {

namespace {

namespace fs = std::filesystem;

void read_file(const fs::path& path, std::vector<RuleText>& into, Problems& problems) {
  std::error_code error;
  const auto refuse = [&](std::string what) { problems.push_back({{path.string(), 0, 0}, std::move(what)}); };
  if (!fs::is_regular_file(path, error)) return refuse("this is not a regular file");
  std::ifstream file{path, std::ios::binary};
  if (!file) return refuse("the file cannot be opened; check its permissions");
  // One byte more than allowed is enough to refuse a file, whatever its size.
  std::string text(JsonFile::kMostBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return refuse("the file cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  text.shrink_to_fit();
  into.push_back({path.string(), path.parent_path().string(), std::move(text), false});
}

void take_file(const fs::path& path, const FileTexts& instead, std::vector<RuleText>& into, Problems& problems) {
  const auto given = instead.find(path.string());
  if (given == instead.end()) return read_file(path, into, problems);
  if (given->second) into.push_back({path.string(), path.parent_path().string(), *given->second, false});
}

/// Those of `instead` that would be new in the folder.
void add_new_files(const fs::path& folder, const FileTexts& instead, std::vector<fs::path>& files) {
  for (const auto& [path, text] : instead) {
    const bool is_there = std::find(files.begin(), files.end(), fs::path{path}) != files.end();
    if (text && !is_there && fs::path{path}.parent_path() == folder) files.emplace_back(path);
  }
}

/// The schema lies beside the rules and is none of them; a name that begins with a dot is some program's own.
bool is_rules_file(const fs::path& path) {
  const auto name = path.filename().string();
  return path.extension() == ".json" && name != "schema.json" && !name.starts_with('.');
}

void read_folder(const fs::path& folder, const FileTexts& instead, std::vector<RuleText>& into, Problems& problems) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
    if (is_rules_file(at->path())) files.push_back(at->path());
  }
  if (error) problems.push_back({{folder.string(), 0, 0}, "the folder cannot be read: " + error.message()});
  add_new_files(folder, instead, files);
  std::sort(files.begin(), files.end());
  for (const auto& file : files) take_file(file, instead, into, problems);
}

}  // namespace

std::vector<RuleText> read_files(const std::vector<std::string>& paths, const FileTexts& instead, Problems& problems) {
  std::vector<RuleText> texts;
  for (const auto& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      read_folder(path, instead, texts, problems);
    } else if (fs::exists(path, error)) {
      take_file(path, instead, texts, problems);
    } else {
      problems.push_back({{path, 0, 0}, "there is no such file or folder"});
    }
  }
  return texts;
}

}  // namespace cachearr::rules
