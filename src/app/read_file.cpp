#include "app/read_file.hpp"

#include <cerrno>
#include <fstream>
#include <sys/stat.h>
#include <system_error>

namespace cachearr::app {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::uint64_t kMebibyte = 1024 * 1024;

Error too_large(const std::string& path, std::uint64_t most) {
  return Error{path + " is too large: at most " + std::to_string(most / kMebibyte) + " MiB are read"};
}

}  // namespace

Error unreadable(const std::string& path, int code) {
  const bool no_rights = code == EACCES || code == EPERM;
  return Error{path + " cannot be read: " + std::generic_category().message(code) +
               (no_rights ? "; do this as the user that runs cachearr, or as root" : "")};
}

Result<bool> is_pipe(const std::string& path) {
  struct stat seen {};
  if (::stat(path.c_str(), &seen) != 0) return unreadable(path, errno);
  if (S_ISDIR(seen.st_mode)) return unreadable(path, EISDIR);
  if (!S_ISREG(seen.st_mode) && !S_ISFIFO(seen.st_mode)) return Error{path + " is neither a file nor a pipe"};
  return S_ISFIFO(seen.st_mode);
}

Result<std::string> read_rest(std::istream& in, const std::string& path, std::uint64_t most) {
  std::string bytes, piece(kPiece, '\0');
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())), in.gcount() > 0) {
    bytes.append(piece, 0, static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > most) return too_large(path, most);
  }
  if (in.bad()) return unreadable(path, EIO);
  return bytes;
}

Result<std::string> read_file(const std::string& path, std::uint64_t most) {
  if (const auto pipe = is_pipe(path); !pipe) return pipe.error();
  std::ifstream in{path, std::ios::binary};
  if (!in.is_open()) return unreadable(path, errno);
  return read_rest(in, path, most);
}

}  // namespace cachearr::app
