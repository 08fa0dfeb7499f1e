#include "authority/authority_files.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace cachearr::authority {
namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kKeyMode = 0600;
constexpr mode_t kCertificateMode = 0644;
constexpr std::size_t kLargest = 64 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_{fd} {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

Error failed(const std::string& path, const std::string& verb) {
  return Error{path + " could not be " + verb + ": " + std::strerror(errno)};
}

/// Root may read what belongs to the service's user: that is how `sudo cachearr ca show` works.
std::optional<Error> check_owner_and_mode(const struct stat& seen, const std::string& path, mode_t mode) {
  if (seen.st_uid != geteuid() && geteuid() != 0) {
    return Error{path + " belongs to user " + std::to_string(seen.st_uid) + ", but this is user " +
                 std::to_string(geteuid()) + ": give it to the user that runs cachearr (chown)"};
  }
  if ((seen.st_mode & 0777U & ~mode) != 0) {
    const std::string wanted = mode == kDirectoryMode ? "0700" : "0600";
    return Error{path + " is open to other users: it holds the authority's key and must have mode " + wanted +
                 " (chmod " + wanted + " " + path + ")"};
  }
  return std::nullopt;
}

std::optional<Error> check_directory(const std::string& directory) {
  const Descriptor opened{open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  struct stat seen {};
  if (!opened || fstat(opened.get(), &seen) != 0) {
    if (errno == ENOENT) return Error{"there is no authority in " + directory + ": \"cachearr ca init\" makes one"};
    return failed(directory, "opened");
  }
  return check_owner_and_mode(seen, directory, kDirectoryMode);
}

Result<std::string> read_all(int fd, const std::string& path) {
  std::string content;
  std::array<char, 4096> block{};
  for (;;) {
    const auto size = read(fd, block.data(), block.size());
    if (size < 0) return failed(path, "read");
    if (size == 0) return content;
    content.append(block.data(), static_cast<std::size_t>(size));
    if (content.size() > kLargest) return Error{path + " is too large to be a certificate or a key"};
  }
}

Result<std::string> read_file(const std::string& path, bool secret) {
  const Descriptor opened{open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  struct stat seen {};
  if (!opened || fstat(opened.get(), &seen) != 0) {
    if (errno == ENOENT) return Error{path + " is missing: \"cachearr ca init --renew\" makes a new authority"};
    return failed(path, "opened");
  }
  if (!S_ISREG(seen.st_mode)) return Error{path + " is not a file"};
  if (secret) {
    if (auto problem = check_owner_and_mode(seen, path, kKeyMode)) return std::move(*problem);
  }
  return read_all(opened.get(), path);
}

struct Owner {
  uid_t user = static_cast<uid_t>(-1);  // -1: as it is
  gid_t group = static_cast<gid_t>(-1);
};

Owner owner_for(const std::string& directory) {
  struct stat above {};
  if (geteuid() != 0) return {};
  // A trailing slash would make the directory its own parent.
  const auto path = std::filesystem::path{directory + "/."}.lexically_normal().parent_path().parent_path();
  if (stat(path.empty() ? "." : path.c_str(), &above) != 0) return {};
  return {above.st_uid, above.st_gid};
}

std::optional<Error> replace_file(const std::string& path, const std::string& content, mode_t mode, Owner owner) {
  std::string fresh = path + ".XXXXXX";
  const Descriptor opened{mkostemp(fresh.data(), O_CLOEXEC)};
  if (!opened) return failed(fresh, "made");
  const auto size = static_cast<ssize_t>(content.size());
  const bool written = write(opened.get(), content.data(), content.size()) == size && fchmod(opened.get(), mode) == 0 &&
                       fchown(opened.get(), owner.user, owner.group) == 0 && fsync(opened.get()) == 0 &&
                       rename(fresh.c_str(), path.c_str()) == 0;
  if (written) return std::nullopt;
  auto problem = failed(path, "written");
  unlink(fresh.c_str());
  return problem;
}

std::optional<Error> make_directory(const std::string& directory, Owner& owner) {
  std::error_code problem;
  const auto above = std::filesystem::path{directory + "/."}.lexically_normal().parent_path().parent_path();
  if (!above.empty()) std::filesystem::create_directories(above, problem);
  owner = owner_for(directory);
  if (mkdir(directory.c_str(), kDirectoryMode) != 0) {
    return errno == EEXIST ? check_directory(directory) : failed(directory, "made");
  }
  if (chmod(directory.c_str(), kDirectoryMode) != 0 || chown(directory.c_str(), owner.user, owner.group) != 0) {
    return failed(directory, "made");
  }
  return std::nullopt;
}

}  // namespace

std::string key_path(const std::string& directory) { return directory + "/ca.key"; }
std::string certificate_path(const std::string& directory) { return directory + "/ca.pem"; }

Result<AuthorityFiles> read_authority_files(const std::string& directory) {
  if (auto problem = check_directory(directory)) return std::move(*problem);
  auto certificate = read_file(certificate_path(directory), false);
  if (!certificate) return certificate.error();
  auto key = read_file(key_path(directory), true);
  if (!key) return key.error();
  return AuthorityFiles{std::move(key.value()), std::move(certificate.value())};
}

std::optional<Error> write_authority_files(const std::string& directory, const AuthorityFiles& files) {
  Owner owner;
  if (auto problem = make_directory(directory, owner)) return problem;
  if (auto problem = replace_file(key_path(directory), files.key, kKeyMode, owner)) return problem;
  return replace_file(certificate_path(directory), files.certificate, kCertificateMode, owner);
}

}  // namespace cachearr::authority
