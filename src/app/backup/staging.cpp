#include "app/backup/staging.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace cachearr::app::backup {
namespace {

namespace fs = std::filesystem;

constexpr auto kFilePermissions = fs::perms::owner_read | fs::perms::owner_write;

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
  std::error_code error;
  const auto give = [&](const fs::path& path) {
    if (::lchown(path.c_str(), around.st_uid, around.st_gid) != 0) errno = 0;  // the rename that follows tells
  };
  give(path_);
  for (fs::recursive_directory_iterator at{path_, error}, end; !error && at != end; at.increment(error))
    give(at->path());
}

}  // namespace cachearr::app::backup
