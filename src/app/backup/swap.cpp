#include "app/backup/swap.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "base/iso_time.hpp"

namespace cachearr::app::backup {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::optional<Error> move(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return std::nullopt;
  return Error{from + " cannot be moved to " + to + ": " + std::generic_category().message(errno)};
}

/// A file keeps its name until another one has it: no start meets a moment without a configuration. No folder can take
/// the place of a link to one.
std::optional<Error> keep_old(const Swap& swap) {
  if (!is_there(swap.target) || is_there(swap.old)) return std::nullopt;
  std::error_code error;
  if (fs::is_directory(swap.target, error)) return move(swap.target, swap.old);
  if (::link(swap.target.c_str(), swap.old.c_str()) == 0) return std::nullopt;
  return move(swap.target, swap.old);
}

/// Also where it was made in part before.
std::optional<Error> make_one(const Swap& swap) {
  if (!is_there(swap.staged)) return std::nullopt;
  if (auto failed = keep_old(swap)) return failed;
  return move(swap.staged, swap.target);
}

void undo_one(const Swap& swap) noexcept {
  if (!is_there(swap.staged)) std::rename(swap.target.c_str(), swap.staged.c_str());
  if (!is_there(swap.old)) return;
  std::rename(swap.old.c_str(), swap.target.c_str());
  ::unlink(swap.old.c_str());  // both were names of one file
}

/// Has reached the device; what cannot be opened is told by what follows.
void sync_path(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

/// With all that is below it, and its name.
void sync_tree(const fs::path& path) {
  std::error_code error;
  for (fs::recursive_directory_iterator at{path, error}, end; !error && at != end; at.increment(error))
    sync_path(at->path());
  sync_path(path);
  sync_path(path.parent_path());
}

std::optional<Error> write_journal(const std::string& file, const std::vector<Swap>& swaps) {
  Json list = Json::array();
  for (const auto& swap : swaps) list.push_back({{"staged", swap.staged}, {"target", swap.target}, {"old", swap.old}});
  // What an earlier attempt has left gives way, and so does a link that somebody has planted.
  ::unlink((file + ".new").c_str());
  if (!write_new(file + ".new", list.dump())) return Error{file + " cannot be written"};
  for (const auto& swap : swaps) sync_tree(swap.staged);  // before it takes its place
  sync_path(file + ".new");
  auto failed = move(file + ".new", file);
  sync_path(fs::path{file}.parent_path());
  return failed;
}

/// Root does not carry out what somebody else has written down.
bool is_trusted(const std::string& journal) {
  struct stat seen {};
  return ::lstat(journal.c_str(), &seen) == 0 && S_ISREG(seen.st_mode) && (::geteuid() != 0 || seen.st_uid == 0);
}

std::optional<std::vector<Swap>> read_journal(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  const auto list = Json::parse(std::string{std::istreambuf_iterator<char>{in}, {}}, nullptr, false);
  if (!list.is_array()) return std::nullopt;
  std::vector<Swap> swaps;
  for (const auto& each : list) {
    if (!each.is_object()) return std::nullopt;
    swaps.push_back({each.value("staged", ""), each.value("target", ""), each.value("old", "")});
  }
  return swaps;
}

}  // namespace

std::string journal_in(const std::string& state_dir) { return state_dir + "/import.journal"; }

bool write_new(const std::string& file, std::string_view text) {
  const int handle = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (handle < 0) return false;
  const bool written = ::write(handle, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return ::close(handle) == 0 && written;
}

bool is_there(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

std::string suffix_of(TimePoint now) {
  auto time = iso_time(now);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return ".before-" + time;
}

std::optional<Error> Swaps::make(std::vector<Swap> swaps) {
  if (auto failed = write_journal(journal_, swaps)) return failed;
  for (auto& swap : swaps) {
    auto failed = make_one(swap);
    done_.push_back(std::move(swap));
    if (!failed) continue;
    undo();
    return failed;
  }
  return std::nullopt;
}

void Swaps::undo() noexcept {
  for (auto at = done_.rbegin(); at != done_.rend(); ++at) undo_one(*at);
  done_.clear();
  ::unlink(journal_.c_str());
}

void Swaps::keep() {
  for (const auto& swap : done_) sync_path(fs::path{swap.target}.parent_path());
  ::unlink(journal_.c_str());
  done_.clear();
}

std::optional<Error> finish_swaps(const std::string& state_dir) {
  const auto journal = journal_in(state_dir);
  if (!is_there(journal)) return std::nullopt;
  if (!is_trusted(journal))
    return Error{journal + " belongs to the service: an import was interrupted; start the service once, it goes on"};
  const auto swaps = read_journal(journal);
  if (!swaps) return Error{journal + " cannot be read: an import was interrupted; import again, or remove that file"};
  for (const auto& swap : *swaps)
    if (auto failed = make_one(swap)) return Error{"an import was interrupted and cannot go on: " + failed->what};
  for (const auto& swap : *swaps) sync_path(fs::path{swap.target}.parent_path());
  ::unlink(journal.c_str());
  return std::nullopt;
}

}  // namespace cachearr::app::backup
