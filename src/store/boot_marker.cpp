#include "store/boot_marker.hpp"

#include <fcntl.h>
#include <fstream>
#include <unistd.h>

namespace cachearr::store {
namespace {

constexpr const char* kBoot = "/proc/sys/kernel/random/boot_id";

std::string mark_in(const std::string& folder) { return folder + "/unsynced"; }

std::string first_line(const std::string& path) {
  std::ifstream in{path};
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace

bool lost_power(const std::string& folder) {
  const std::string boot = first_line(mark_in(folder));
  return !boot.empty() && boot != first_line(kBoot);
}

void put_boot_marker(const std::string& folder) {
  if (first_line(mark_in(folder)) == first_line(kBoot)) return;
  const int file = ::open(mark_in(folder).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return;
  const std::string boot = first_line(kBoot) + "\n";
  // Before the first write to the store, or a power failure would not be noticed.
  if (::write(file, boot.data(), boot.size()) >= 0) ::fdatasync(file);
  ::close(file);
}

void clear_boot_marker(const std::string& folder) { ::unlink(mark_in(folder).c_str()); }

}  // namespace cachearr::store
