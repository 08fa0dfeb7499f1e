#include "admin/host_info.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <unistd.h>

namespace cachearr::admin {

namespace {

std::string unquoted(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  return std::string{value};
}

}  // namespace

HostInfo host_info() {
  HostInfo found;
  std::ifstream file{"/etc/os-release"};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("ID=")) found.os_name = unquoted(std::string_view{line}.substr(3));
    if (line.starts_with("VERSION_ID=")) found.os_version = unquoted(std::string_view{line}.substr(11));
  }
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) == 0) found.host_name = name.data();
  std::error_code ignored;
  for (const auto* mark : {"/.dockerenv", "/run/.containerenv"})
    found.in_container |= std::filesystem::exists(mark, ignored);
  return found;
}

}  // namespace cachearr::admin
