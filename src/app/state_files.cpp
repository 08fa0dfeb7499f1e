#include "app/state_files.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <openssl/rand.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace cachearr::app {

namespace {

constexpr std::size_t least_secret = 16, largest_secret = 4096;
constexpr mode_t directory_mode = 0700, secret_mode = 0600, writable_by_others = 0022;

/// Closes what it holds.
class Descriptor {
 public:
  explicit Descriptor(int handle) noexcept : handle_{handle} {}
  ~Descriptor() {
    if (handle_ >= 0) ::close(handle_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return handle_; }
  explicit operator bool() const noexcept { return handle_ >= 0; }

 private:
  int handle_;
};

Error failure(const std::string& what, const std::string& path) {
  return Error{what + " " + path + ": " + std::generic_category().message(errno)};
}

/// Root may use what belongs to another: volumes of containers do.
std::optional<Error> check_owner(const struct stat& seen, const std::string& path) {
  if (seen.st_uid != ::geteuid() && seen.st_uid != 0 && ::geteuid() != 0) {
    return Error{path + " belongs to user " + std::to_string(seen.st_uid) + ", but this is user " +
                 std::to_string(::geteuid()) + ": give it to the user that runs cachearr (chown)"};
  }
  if ((seen.st_mode & writable_by_others) != 0) {
    return Error{path +
                 " may be written by other users, who could plant files there: take that right away (chmod go-w " +
                 path + ")"};
  }
  return std::nullopt;
}

Result<std::string> random_hex(std::size_t bytes) {
  std::vector<unsigned char> raw(bytes);
  if (::RAND_bytes(raw.data(), static_cast<int>(bytes)) != 1) return Error{"the system gives no random bytes"};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto byte : raw) text.append({digits[byte >> 4U], digits[byte & 15U]});
  return text;
}

/// Whole or not at all: written beside, flushed, then renamed. A rest of an earlier attempt gives way; a link that lies
/// there is removed, not followed.
std::optional<Error> write_secret(const std::string& file, const std::string& text) {
  const auto temporary = file + ".new";
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) return failure("cannot replace", temporary);
  const Descriptor made{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, secret_mode)};
  if (!made) return failure("cannot write", temporary);
  const auto line = text + "\n";
  const bool written = ::write(made.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                       ::fsync(made.get()) == 0 && ::rename(temporary.c_str(), file.c_str()) == 0;
  if (written) return std::nullopt;
  auto error = failure("cannot write", file);
  ::unlink(temporary.c_str());
  return error;
}

/// The first line; empty where there is no file.
Result<std::string> read_secret(const std::string& file) {
  const Descriptor opened{::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  if (!opened && errno == ENOENT) return std::string{};
  if (!opened && errno == ELOOP) return Error{file + " is a symbolic link, which is not followed: remove it"};
  struct stat seen {};
  if (!opened || ::fstat(opened.get(), &seen) != 0) return failure("cannot read", file);
  if (!S_ISREG(seen.st_mode)) return Error{file + " is not a file"};
  if (auto wrong = check_owner(seen, file)) return *std::move(wrong);
  std::array<char, largest_secret> bytes{};
  const auto size = ::read(opened.get(), bytes.data(), bytes.size());
  if (size < 0) return failure("cannot read", file);
  const std::string_view text{bytes.data(), static_cast<std::size_t>(size)};
  return std::string{text.substr(0, text.find_first_of("\r\n"))};
}

}  // namespace

std::string admin_socket_path(const std::string& state_dir) { return state_dir + "/cachearr.sock"; }

std::optional<Error> check_directory(const std::string& path) {
  const Descriptor opened{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!opened && errno == ENOENT) return std::nullopt;
  struct stat seen {};
  if (!opened || ::fstat(opened.get(), &seen) != 0) return failure("cannot open the directory", path);
  return check_owner(seen, path);
}

std::optional<Error> prepare_state_directory(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path folder{path};
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), ignored);
  if (::mkdir(path.c_str(), directory_mode) == 0) return std::nullopt;
  if (errno != EEXIST) return failure("cannot make the state directory", path);
  return check_directory(path);
}

Result<std::string> read_or_make_secret(const std::string& file, std::size_t random_bytes) {
  auto existing = read_secret(file);
  if (!existing.ok() || existing->size() >= least_secret) return existing;
  auto made = random_hex(random_bytes);
  if (!made.ok()) return made;
  if (auto error = write_secret(file, *made)) return *std::move(error);
  return made;
}

}  // namespace cachearr::app
