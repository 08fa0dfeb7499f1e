#include "admin/system_figures.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include "base/text.hpp"

namespace cachearr::admin {

namespace {

/// The fields of /proc/self/stat behind the command's name, which may hold anything; the first is field 3.
std::vector<std::string> stat_fields() {
  std::ifstream file{"/proc/self/stat"};
  std::string line;
  std::getline(file, line);
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest{line.substr(name_end + 1)};
  std::vector<std::string> fields;
  for (std::string field; rest >> field;) fields.push_back(field);
  return fields;
}

std::uint64_t number_at(const std::vector<std::string>& fields, std::size_t number) {
  constexpr std::size_t first = 3;
  return number - first < fields.size() ? text::parse_unsigned(fields[number - first]).value_or(0) : 0;
}

double boot_time() {
  std::ifstream file{"/proc/stat"};
  for (std::string word; file >> word;) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

std::uint64_t open_files() {
  std::error_code error;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator each{"/proc/self/fd", error}, end; !error && each != end;
       each.increment(error))
    ++count;
  return count > 0 ? count - 1 : 0;  // one of them was opened to count them
}

std::string unquoted(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  return std::string{value};
}

}  // namespace

ProcessFigures process_figures() {
  // Numbers of fields as proc(5) counts them.
  constexpr std::size_t user_time = 14, system_time = 15, thread_count = 20, start = 22, virtual_size = 23,
                        resident_pages = 24;
  const auto fields = stat_fields();
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  ProcessFigures figures;
  figures.cpu_seconds = static_cast<double>(number_at(fields, user_time) + number_at(fields, system_time)) / ticks;
  figures.threads = number_at(fields, thread_count);
  figures.start_time = boot_time() + static_cast<double>(number_at(fields, start)) / ticks;
  figures.virtual_bytes = number_at(fields, virtual_size);
  figures.resident_bytes = number_at(fields, resident_pages) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  figures.open_files = open_files();
  ::rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.max_files = limit.rlim_cur;
  return figures;
}

Surroundings surroundings() {
  Surroundings found;
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
