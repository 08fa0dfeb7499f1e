#include "app/backup/places.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>

#include "app/backup/swap.hpp"
#include "app/state_files.hpp"
#include "rules/load/load.hpp"

namespace cachearr::app::backup {
namespace {

namespace fs = std::filesystem;

/// With all links followed, as far as it is there.
std::string meant_by(const std::string& path) {
  std::error_code error;
  const auto meant = fs::weakly_canonical(path, error);
  return error ? path : meant.string();
}

bool is_mount(const fs::path& path) {
  struct statx seen {};
  return ::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, 0, &seen) == 0 &&
         (seen.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

}  // namespace

std::vector<std::string> own_places(const Config& config, const std::string& config_file) {
  const auto& state = config.state_dir;
  std::vector<std::string> places{config_file,
                                  config.ca_dir,
                                  state + "/secret",
                                  journal_in(state),
                                  state + "/state.import",
                                  rules::own_folder(state),
                                  admin_socket_path(state)};
  if (!config.disk_path.empty()) places.push_back(config.disk_path);
  return places;
}

bool overlap(std::string_view one, std::string_view other) noexcept {
  if (one.size() > other.size()) std::swap(one, other);
  return other.starts_with(one) && (other.size() == one.size() || one.ends_with('/') || other[one.size()] == '/');
}

std::optional<Error> check_rules_place(const std::string& target, const std::vector<std::string>& named,
                                       const std::vector<std::string>& own) {
  const auto rules = "the export has rules for " + target;
  if (std::find(named.begin(), named.end(), target) == named.end())
    return Error{rules + ", which its configuration does not name"};
  const auto meant = meant_by(target);
  const auto hit = std::find_if(own.begin(), own.end(), [&](const auto& at) { return overlap(meant, meant_by(at)); });
  if (hit == own.end()) return std::nullopt;
  return Error{rules + ", where they would displace " + *hit};
}

std::optional<Error> check_replaceable(const std::string& target, const std::string& base) {
  for (fs::path at{target}; at != base && at.has_relative_path(); at = at.parent_path())
    if (is_mount(at))
      return Error{at.string() + " is a mount, which nothing can take the place of: mount the folder above it (" +
                   at.parent_path().string() + ") instead"};
  return std::nullopt;
}

std::optional<Error> check_same_places(const Config& running, const Config& coming) {
  struct Place {
    const char* name;
    const std::string &running, &coming;
  };
  const std::array places{Place{"state_dir", running.state_dir, coming.state_dir},
                          Place{"disk.path", running.disk_path, coming.disk_path},
                          Place{"intercept.ca_dir", running.ca_dir, coming.ca_dir}};
  for (const auto& [name, here, there] : places)
    if (here != there)
      return Error{"the export's configuration has another " + std::string{name} + " (" +
                   (there.empty() ? "none" : there) + ") than this instance (" + (here.empty() ? "none" : here) +
                   "): stop cachearr, then \"cachearr import\""};
  return std::nullopt;
}

}  // namespace cachearr::app::backup
