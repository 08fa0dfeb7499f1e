#include "app/backup/staging.hpp"

#include <cerrno>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace cachearr::app::backup {
namespace {

namespace fs = std::filesystem;

constexpr auto kFilePermissions = fs::perms::owner_read | fs::perms::owner_write;

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/// By descriptors, so that no link leads out of the folder. What fails, the rename that follows tells.
void give_all(int folder, uid_t user, gid_t group) {
  const int again = ::openat(folder, ".", kFolder);
  DIR* const list = again < 0 ? nullptr : ::fdopendir(again);
  if (list == nullptr) {
    if (again >= 0) ::close(again);
    return;
  }
  while (const auto* const entry = ::readdir(list)) {
    const std::string_view name{entry->d_name};
    if (name == "." || name == "..") continue;
    const int inner = ::openat(folder, entry->d_name, kFolder);
    if (inner >= 0) {
      give_all(inner, user, group);
      ::close(inner);
    } else if (::fchownat(folder, entry->d_name, user, group, AT_SYMLINK_NOFOLLOW) != 0) {
      errno = 0;
    }
  }
  ::closedir(list);
  if (::fchown(folder, user, group) != 0) errno = 0;
}

}  // namespace

Result<std::unique_ptr<Staging>> Staging::in(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  auto path = folder + "/.cachearr-import-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr)
    return Error{"nothing can be written into " + folder + ": " + std::generic_category().message(errno)};
  return std::unique_ptr<Staging>{new Staging{folder, std::move(path)}};
}

Staging::~Staging() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::ofstream Staging::new_file(const std::string& relative) const {
  const fs::path file{path_ + "/" + relative};
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  std::ofstream out{file, std::ios::binary | std::ios::trunc};
  fs::permissions(file, kFilePermissions, error);
  return out;
}

void Staging::make_folder(const std::string& relative) const {
  std::error_code error;
  fs::create_directories(path_ + "/" + relative, error);
}

void Staging::give_to_owner() const {
  struct stat around {};
  if (::geteuid() != 0 || ::stat(folder_.c_str(), &around) != 0) return;
  const int folder = ::open(path_.c_str(), kFolder);
  struct stat own {};
  // The folder around may be somebody's who puts another one in its place meanwhile.
  if (folder >= 0 && ::fstat(folder, &own) == 0 && own.st_uid == 0) give_all(folder, around.st_uid, around.st_gid);
  if (folder >= 0) ::close(folder);
}

void Staging::take_rights_of(const std::string& relative, const std::string& replaced) const {
  const auto path = path_ + "/" + relative;
  struct stat own {
  }, before{};
  if (::lstat(path.c_str(), &own) != 0) return;
  const bool was_there = ::stat(replaced.c_str(), &before) == 0;
  if (!was_there && ::geteuid() != 0) return;
  const mode_t for_all = S_ISDIR(own.st_mode) ? 0755 : 0644;
  ::chmod(path.c_str(), was_there ? before.st_mode & 07777U : for_all);
  if (was_there && ::geteuid() == 0 && ::lchown(path.c_str(), before.st_uid, before.st_gid) != 0) errno = 0;
}

}  // namespace cachearr::app::backup
