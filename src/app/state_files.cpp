#include "app/state_files.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace cachearr::app {

namespace {

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> raw(bytes);
  for (std::size_t have = 0; have < bytes;) {
    const auto got = ::getrandom(raw.data() + have, bytes - have, 0);
    if (got > 0) have += static_cast<std::size_t>(got);
  }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto byte : raw) text.append({digits[byte >> 4], digits[byte & 15]});
  return text;
}

Error failure(const std::string& what, const std::string& file) {
  return Error{what + " " + file + ": " + std::strerror(errno)};
}

/// Whole or not at all: written beside, flushed, then renamed.
Result<bool> write_secret(const std::string& file, const std::string& text) {
  const auto temporary = file + ".new";
  const int handle = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (handle < 0) return failure("cannot write", temporary);
  const auto line = text + "\n";
  const bool written =
      ::write(handle, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(handle) == 0;
  ::close(handle);
  if (!written || ::rename(temporary.c_str(), file.c_str()) != 0) return failure("cannot write", file);
  return true;
}

}  // namespace

std::string admin_socket_path(const std::string& state_dir) { return state_dir + "/cachearr.sock"; }

Result<bool> make_state_directory(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return true;
  const std::filesystem::path folder{path};
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failure("cannot make the state directory", path);
  return true;
}

Result<std::string> read_or_make_secret(const std::string& file, std::size_t random_bytes) {
  std::ifstream existing{file};
  std::string text;
  if (existing && std::getline(existing, text) && text.size() >= 16) return text;
  text = random_hex(random_bytes);
  const auto written = write_secret(file, text);
  if (!written) return written.error();
  return text;
}

}  // namespace cachearr::app
