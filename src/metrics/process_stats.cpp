#include "metrics/process_stats.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "base/text.hpp"

namespace cachearr::metrics {

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
  struct stat folder {};
  // Since Linux 6.2 the folder's size says how many there are; counting thousands takes milliseconds.
  if (::stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0) return static_cast<std::uint64_t>(folder.st_size);
  std::error_code error;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator each{"/proc/self/fd", error}, end; !error && each != end;
       each.increment(error))
    ++count;
  return count > 0 ? count - 1 : 0;  // one of them was opened to count them
}

}  // namespace

ProcessStats process_stats() {
  // Numbers of fields as proc(5) counts them.
  constexpr std::size_t user_time = 14, system_time = 15, thread_count = 20, start = 22, virtual_size = 23,
                        resident_pages = 24;
  const auto fields = stat_fields();
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  ProcessStats stats;
  stats.cpu_seconds = static_cast<double>(number_at(fields, user_time) + number_at(fields, system_time)) / ticks;
  stats.threads = number_at(fields, thread_count);
  stats.start_time = boot_time() + static_cast<double>(number_at(fields, start)) / ticks;
  stats.virtual_bytes = number_at(fields, virtual_size);
  stats.resident_bytes = number_at(fields, resident_pages) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  stats.open_files = open_files();
  ::rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_files = limit.rlim_cur;
  return stats;
}

}  // namespace cachearr::metrics
