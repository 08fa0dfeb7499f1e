#include "upkeep/api_key_file.hpp"

#include <algorithm>
#include <fstream>
#include <string_view>

namespace cachearr::upkeep {

namespace {

constexpr std::size_t kLongestApiKey = 4096;
constexpr std::string_view kAroundKeys = " \t\r\n";

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

Error problem_of_key(const std::string& path, const std::string& what) { return {"the key in " + path + " " + what}; }

}  // namespace

Result<std::string> read_api_key(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string content(kLongestApiKey + 1, '\0');
  if (file) file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.is_open() || file.bad()) return problem_of_key(path, "cannot be read");
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.size() > kLongestApiKey) return problem_of_key(path, "is too long to be one");
  const auto first = content.find_first_not_of(kAroundKeys);
  if (first == std::string::npos) return problem_of_key(path, "is missing: the file is empty");
  const auto key = content.substr(first, content.find_last_not_of(kAroundKeys) + 1 - first);
  const auto bad = std::find_if(key.begin(), key.end(), is_control);
  if (bad == key.end()) return key;
  const auto at = first + static_cast<std::size_t>(bad - key.begin()) + 1;
  return problem_of_key(path,
                        "has a control character at byte " + std::to_string(at) + ": it has to be one line of text");
}

}  // namespace cachearr::upkeep
