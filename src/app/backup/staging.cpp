#include "app/backup/staging.hpp"

#include <cerrno>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "app/backup/swap.hpp"

namespace cachearr::app::backup {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBeginning = ".cachearr-import-", kNeededBy = ".journal";
constexpr int kMostTries = 100;
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

/// The first of `folder` and those above it that is there.
std::string nearest(const std::string& folder) {
  std::error_code error;
  fs::path at{folder};
  while (!fs::exists(at, error) && at.has_relative_path()) at = at.parent_path();
  return at.string();
}

/// A descriptor that holds the folder's lock; below 0 where another one does. Without locks on its file system nobody
/// gets one, and `if_none` says whether that will do.
int lock_folder(const std::string& path, bool if_none) {
  const int folder = ::open(path.c_str(), kFolder);
  if (folder < 0) return -1;
  if (::flock(folder, LOCK_EX | LOCK_NB) == 0 || (if_none && errno != EWOULDBLOCK)) return folder;
  ::close(folder);
  return -1;
}

/// The journal that is named in it is there. Where that cannot be told, it is.
bool is_needed(const std::string& path) {
  const auto note = path + "/" + std::string{kNeededBy};
  if (!is_there(note)) return false;
  std::ifstream in{note, std::ios::binary};
  const std::string journal{std::istreambuf_iterator<char>{in}, {}};
  return journal.empty() || is_there(journal);
}

/// Who the service runs as: whom its state directory belongs to, or the folder in which that will be made. Root's own
/// folder tells nothing: a unit may give the directory to whom it likes.
bool is_service_known(const std::string& state_dir, struct stat& service) {
  if (::geteuid() != 0 || ::stat(state_dir.c_str(), &service) == 0) return true;
  return ::stat(nearest(state_dir).c_str(), &service) == 0 && service.st_uid != 0;
}

}  // namespace

void remove_abandoned(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator at{nearest(folder), error}, end; !error && at != end; at.increment(error))
    if (at->path().filename().string().starts_with(kBeginning)) found.push_back(at->path().string());
  for (const auto& path : found) {
    const int lock = lock_folder(path, false);
    if (lock < 0) continue;
    if (!is_needed(path)) fs::remove_all(path, error);
    ::close(lock);
  }
}

Result<std::unique_ptr<Staging>> Staging::in(const std::string& folder) {
  remove_abandoned(folder);
  const auto around = nearest(folder);
  for (int i = 0; i < kMostTries; ++i) {
    auto path = around + "/" + std::string{kBeginning} + "XXXXXX";
    if (::mkdtemp(path.data()) == nullptr)
      return Error{"nothing can be written into " + around + ": " + std::generic_category().message(errno)};
    const int lock = lock_folder(path, true);
    std::error_code error;
    // Somebody who clears up may have been faster than the lock.
    if (lock >= 0 && fs::exists(path, error)) return std::unique_ptr<Staging>{new Staging{around, path, lock}};
    if (lock >= 0) ::close(lock);
  }
  return Error{"folders in " + around + " vanish as soon as they are made"};
}

Staging::~Staging() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  ::close(lock_);
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

void Staging::take_rights_of(const std::string& relative, const std::string& replaced,
                             const std::string& of_service) const {
  const auto path = path_ + "/" + relative;
  struct stat own {
  }, before{}, service{};
  if (::lstat(path.c_str(), &own) != 0) return;
  const bool was_there = ::stat(replaced.c_str(), &before) == 0;
  const bool is_known = is_service_known(of_service, service);
  const mode_t closed = S_ISDIR(own.st_mode) ? 0700 : 0600, open = S_ISDIR(own.st_mode) ? 0755 : 0644;
  ::chmod(path.c_str(), was_there ? before.st_mode & 07777U : is_known ? closed : open);
  if (::geteuid() != 0 || (!was_there && !is_known)) return;
  const auto& owner = was_there ? before : service;
  if (::lchown(path.c_str(), owner.st_uid, owner.st_gid) != 0) errno = 0;
}

bool Staging::keep_for(const std::string& journal) const {
  const auto note = path_ + "/" + std::string{kNeededBy};
  return is_there(note) || write_new(note, journal);
}

}  // namespace cachearr::app::backup
