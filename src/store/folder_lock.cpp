#include "store/folder_lock.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "base/text.hpp"

namespace cachearr::store {
namespace {

constexpr int kTries = 100;
constexpr std::chrono::milliseconds kBetweenTries{10};

/// The process id that the holder has left; 0 where it cannot be read.
pid_t holder_of(int file) {
  std::array<char, 32> digits{};
  const auto size = ::pread(file, digits.data(), digits.size(), 0);
  const auto pid = text::trim(std::string_view{digits.data(), size > 0 ? static_cast<std::size_t>(size) : 0});
  return static_cast<pid_t>(text::parse_unsigned(pid).value_or(0));
}

/// A killed holder may leave a child that is about to release the lock (IntegrityCheck), so it is waited for a moment.
bool lock(int file) {
  for (int i = 0; i < kTries; ++i) {
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return true;
    const pid_t holder = holder_of(file);
    if (holder == 0 || ::kill(holder, 0) == 0 || errno != ESRCH) return false;
    std::this_thread::sleep_for(kBetweenTries);
  }
  return false;
}

void write_holder(int file) {
  const std::string pid = std::to_string(::getpid());
  // Only a courtesy to whoever finds the lock taken, so a full disk does not matter.
  if (::ftruncate(file, 0) == 0 && ::pwrite(file, pid.data(), pid.size(), 0) < 0) return;
}

}  // namespace

Result<std::unique_ptr<FolderLock>> FolderLock::take(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  ::chmod(folder.c_str(), 0700);
  const std::string path = folder + "/owner";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return std::unique_ptr<FolderLock>{};
  if (!lock(file)) {
    const pid_t holder = holder_of(file);
    Error taken{"the store in " + folder + " is in use by " +
                (holder == 0 ? "another process" : "process " + std::to_string(holder))};
    ::close(file);
    return taken;
  }
  write_holder(file);
  return std::unique_ptr<FolderLock>{new FolderLock{file}};
}

FolderLock::~FolderLock() { forget(); }

void FolderLock::forget() noexcept {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
}

}  // namespace cachearr::store
