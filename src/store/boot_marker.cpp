#include "store/boot_marker.hpp"

#include <fcntl.h>
#include <fstream>
#include <string_view>
#include <sys/types.h>
#include <unistd.h>

namespace cachearr::store {
namespace {

constexpr std::string_view kDistrusted = "older";
constexpr const char* kBoot = "/proc/sys/kernel/random/boot_id";

std::string marker_in(const std::string& folder) { return folder + "/unsynced"; }

std::string first_line(const std::string& path) {
  std::ifstream in{path};
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace

bool lost_power(const std::string& folder) {
  const std::string boot = first_line(marker_in(folder));
  return !boot.empty() && boot != kDistrusted && boot != first_line(kBoot);
}

bool distrust(const std::string& folder) {
  const int file = ::open(marker_in(folder).c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const std::string line = std::string{kDistrusted} + "\n";
  const bool written = ::pwrite(file, line.data(), line.size(), 0) == static_cast<ssize_t>(line.size());
  ::close(file);
  return written;
}

bool is_distrusted(const std::string& folder) { return first_line(marker_in(folder)) == kDistrusted; }

void put_boot_marker(const std::string& folder) {
  if (first_line(marker_in(folder)) == first_line(kBoot)) return;
  const int file = ::open(marker_in(folder).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return;
  const std::string boot = first_line(kBoot) + "\n";
  // Before the first write to the store, or a power failure would not be noticed.
  if (::write(file, boot.data(), boot.size()) >= 0) ::fdatasync(file);
  ::close(file);
}

void clear_boot_marker(const std::string& folder) { ::unlink(marker_in(folder).c_str()); }

}  // namespace cachearr::store
