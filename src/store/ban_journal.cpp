#include "store/ban_journal.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string_view>
#include <sys/stat.h>
#include <sys/types.h>
#include <system_error>
#include <unistd.h>

#include "store/disk_record.hpp"

namespace cachearr::store {
namespace {

constexpr off_t kSetAside = 256 * 1024;

void append_piece(std::string& out, std::string_view piece) {
  const auto size = static_cast<std::uint32_t>(piece.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof size).append(piece);
}

/// The next piece, which is removed; false where it is not whole.
bool take(std::string_view& rest, std::string_view& piece) {
  std::uint32_t size = 0;
  if (rest.size() < sizeof size) return false;
  std::memcpy(&size, rest.data(), sizeof size);
  rest.remove_prefix(sizeof size);
  if (rest.size() < size) return false;
  piece = rest.substr(0, size);
  rest.remove_prefix(size);
  return true;
}

std::string_view bytes_of(const Hash128& id) noexcept { return {reinterpret_cast<const char*>(&id), sizeof id}; }

bool decode_one(std::string_view key, std::string_view value, BanJournal::Contents& into) {
  if (key.size() == sizeof(Hash128)) {
    if (!checked_state(value)) return false;
    std::memcpy(&into.missed.emplace_back(), key.data(), sizeof(Hash128));
    return true;
  }
  auto ban = decode_ban(key, value);
  if (!ban) return false;
  into.bans.push_back(*std::move(ban));
  return true;
}

/// Decodes from the beginning of `bytes` on; returns how many bytes hold whole pairs.
std::size_t decode_all(std::string_view bytes, BanJournal::Contents& into) {
  std::string_view rest{bytes};
  std::size_t whole = 0;
  std::string_view key;
  std::string_view value;
  while (take(rest, key) && take(rest, value)) {
    if (!decode_one(key, value, into)) break;
    whole = bytes.size() - rest.size();
  }
  return whole;
}

std::string contents_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

class File {
 public:
  File(const std::string& path, int flags) : number_{::open(path.c_str(), flags | O_CLOEXEC, 0600)} {}
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int number() const noexcept { return number_; }

 private:
  int number_;
};

Error error_of(const std::string& path) { return {path + ": " + std::generic_category().message(errno)}; }

}  // namespace

void BanJournal::set_blocks_aside() const {
  const File file{path_, O_WRONLY | O_CREAT};
  // Beyond the end, so that the size still tells where the bans end.
  if (file.number() >= 0) ::fallocate(file.number(), FALLOC_FL_KEEP_SIZE, 0, kSetAside);
}

std::optional<Error> BanJournal::append(const std::vector<Ban>& bans, const std::vector<Hash128>& missed) {
  std::string bytes;
  for (const auto& ban : bans) {
    append_piece(bytes, ban_key(ban.generation));
    append_piece(bytes, encode_ban(ban));
  }
  for (const auto& id : missed) {
    append_piece(bytes, bytes_of(id));
    append_piece(bytes, with_checksum({}));
  }
  const File file{path_, O_WRONLY | O_CREAT};
  if (file.number() < 0) return error_of(path_);
  if (!find_end(file.number())) return error_of(path_);
  const auto written = ::pwrite(file.number(), bytes.data(), bytes.size(), end_);
  if (written == static_cast<ssize_t>(bytes.size())) {
    end_ += written;
    return std::nullopt;
  }
  if (written >= 0) errno = ENOSPC;
  const Error error = error_of(path_);
  // What was refused must not be found later, nor hide what comes behind it. Where this fails, find_end() repeats it.
  if (written > 0 && ::ftruncate(file.number(), end_) != 0) end_ = -1;
  return error;
}

/// Finds where the whole bans end, and cuts off what is behind.
bool BanJournal::find_end(int file) {
  struct stat status = {};
  if (::fstat(file, &status) != 0) return false;
  if (status.st_size == end_) return true;
  Contents contents;
  end_ = static_cast<std::int64_t>(decode_all(contents_of(path_), contents));
  return status.st_size <= end_ || ::ftruncate(file, end_) == 0;
}

BanJournal::Contents BanJournal::read() const {
  Contents contents;
  decode_all(contents_of(path_), contents);
  return contents;
}

bool BanJournal::empty() const {
  struct stat status = {};
  return ::stat(path_.c_str(), &status) != 0 || status.st_size == 0;
}

void BanJournal::clear() {
  if (::truncate(path_.c_str(), 0) == 0) set_blocks_aside();
}

}  // namespace cachearr::store
