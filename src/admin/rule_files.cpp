#include "admin/rule_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "rules/load/load.hpp"

namespace cachearr::admin {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".json";
constexpr std::size_t kLongestFileName = 100;
constexpr std::string_view kHidden = "://***@";

Error file_error(const std::string& what, const std::string& path) {
  return Error{what + " " + path + ": " + std::strerror(errno)};
}

TimePoint changed_at(const struct stat& seen) {
  return TimePoint{std::chrono::seconds{seen.st_mtim.tv_sec} + Duration{seen.st_mtim.tv_nsec / 1'000'000}};
}

/// A file is replaced by another one in its folder.
bool may_be_replaced(const std::string& path) {
  return ::access(path.c_str(), W_OK) == 0 && ::access(fs::path{path}.parent_path().c_str(), W_OK) == 0;
}

void add_rule_file(const fs::path& path, std::set<std::string>& names, std::vector<RuleFile>& into) {
  struct stat seen {};
  const auto name = path.filename().string();
  if (::stat(path.c_str(), &seen) != 0 || !S_ISREG(seen.st_mode) || !names.insert(name).second) return;
  into.push_back({name, path.string(), may_be_replaced(path.string()), static_cast<std::uint64_t>(seen.st_size),
                  changed_at(seen)});
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error))
    if (at->path().extension() == kEnding && at->path().filename() != "schema.json") files.push_back(at->path());
  std::sort(files.begin(), files.end());
  return files;
}

class OpenFile {
 public:
  explicit OpenFile(int fd) noexcept : fd_{fd} {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

bool write_whole(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto size = ::write(fd, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

/// What is new in a folder, or gone from it, is on disk.
void flush_folder(const fs::path& folder) {
  const OpenFile opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (opened.get() >= 0) ::fsync(opened.get());
}

/// User and password of a URL somewhere in a text.
struct UserInText {
  std::string_view user;  // from "://" on, with the '@'
  std::string_view host;  // with the port
};

/// All of them, in order; JSON may write a slash as "\/".
std::vector<UserInText> users_in(std::string_view text) {
  std::vector<UserInText> users;
  for (std::size_t at = text.find(':'); at != std::string_view::npos; at = text.find(':', at + 1)) {
    const auto rest = text.substr(at);
    const std::size_t scheme = rest.starts_with("://") ? 3 : rest.starts_with(":\\/\\/") ? 5 : 0;
    if (scheme == 0) continue;
    const auto authority =
        rest.substr(scheme, std::min(rest.size(), rest.find_first_of("/\\\" \t\r\n", scheme)) - scheme);
    if (const auto end = authority.rfind('@'); end != std::string_view::npos)
      users.push_back({rest.substr(0, scheme + end + 1), authority.substr(end + 1)});
  }
  return users;
}

/// Those before this host, in order.
std::vector<std::string_view> users_before(std::string_view host, const std::vector<UserInText>& users) {
  std::vector<std::string_view> found;
  for (const auto& each : users)
    if (each.host == host) found.push_back(each.user);
  return found;
}

/// Keeps the rights of the file that was there.
void take_rights(const std::string& path, int fd) {
  struct stat seen {};
  if (::stat(path.c_str(), &seen) == 0) ::fchmod(fd, seen.st_mode & 07777U);
}

}  // namespace

RuleFiles::RuleFiles(std::vector<std::string> paths, std::string state_dir)
    : paths_{std::move(paths)}, state_dir_{std::move(state_dir)} {}

std::vector<RuleFile> RuleFiles::list() const {
  std::vector<RuleFile> files;
  std::set<std::string> names;
  for (const auto& path : paths_) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      add_rule_file(path, names, files);
      continue;
    }
    for (const auto& file : files_in(path)) add_rule_file(file, names, files);
  }
  return files;
}

std::optional<RuleFile> RuleFiles::find(std::string_view name) const {
  auto all = list();
  const auto at = std::find_if(all.begin(), all.end(), [name](const RuleFile& file) { return file.name == name; });
  return at == all.end() ? std::nullopt : std::optional{std::move(*at)};
}

Result<std::string> RuleFiles::new_path(std::string_view name) const {
  std::error_code error;
  for (const auto& path : paths_)
    if (fs::is_directory(path, error) && ::access(path.c_str(), W_OK) == 0) return path + "/" + std::string{name};
  const auto own = rules::own_folder(state_dir_);
  if (::mkdir(own.c_str(), 0700) != 0 && errno != EEXIST) return file_error("cannot make the folder", own);
  return own + "/" + std::string{name};
}

Result<std::string> RuleFiles::read(const std::string& path) const {
  std::ifstream file{path, std::ios::binary};
  if (!file) return file_error("cannot read", path);
  std::string text(kLargest + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kLargest) return Error{path + " is larger than 1 MiB, which is too much for this"};
  return text;
}

std::optional<Error> RuleFiles::replace(const std::string& path, std::string_view text) const {
  // A link stays what it is; the file behind it is replaced.
  std::error_code error;
  const auto resolved = fs::weakly_canonical(path, error);
  const auto to = error ? path : resolved.string();
  auto temporary = to + ".XXXXXX";
  const OpenFile made{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (made.get() < 0) return file_error("cannot write beside", to);
  take_rights(to, made.get());
  const bool written =
      write_whole(made.get(), text) && ::fsync(made.get()) == 0 && ::rename(temporary.c_str(), to.c_str()) == 0;
  if (!written) {
    auto problem = file_error("cannot write", to);
    ::unlink(temporary.c_str());
    return problem;
  }
  flush_folder(fs::path{to}.parent_path());
  return std::nullopt;
}

std::optional<Error> RuleFiles::remove(const std::string& path) const {
  if (::unlink(path.c_str()) != 0) return file_error("cannot remove", path);
  flush_folder(fs::path{path}.parent_path());
  return std::nullopt;
}

std::string RuleFiles::folder_of_versions(std::string_view name) const {
  return state_dir_ + "/rules-versions/" + std::string{name};
}

std::optional<Error> RuleFiles::keep(std::string_view name, std::string_view text) const {
  const auto folder = folder_of_versions(name);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Error{"cannot make the folder " + folder + ": " + error.message()};
  const auto kept = versions(name);
  if (!kept.empty())
    if (const auto newest = read_version(name, kept.front().number); newest && *newest == text) return std::nullopt;
  const auto number = kept.empty() ? 1 : kept.front().number + 1;
  if (auto problem = replace(folder + "/" + std::to_string(number), text)) return problem;
  for (std::size_t i = kMostVersions - 1; i < kept.size(); ++i)
    ::unlink((folder + "/" + std::to_string(kept[i].number)).c_str());
  return std::nullopt;
}

std::vector<RuleVersion> RuleFiles::versions(std::string_view name) const {
  std::error_code error;
  std::vector<RuleVersion> found;
  for (fs::directory_iterator at{folder_of_versions(name), error}, end; !error && at != end; at.increment(error)) {
    const auto number = text::parse_unsigned(at->path().filename().string());
    struct stat seen {};
    if (number && ::stat(at->path().c_str(), &seen) == 0)
      found.push_back({*number, static_cast<std::uint64_t>(seen.st_size), changed_at(seen)});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.number > b.number; });
  return found;
}

Result<std::string> RuleFiles::read_version(std::string_view name, std::uint64_t number) const {
  return read(folder_of_versions(name) + "/" + std::to_string(number));
}

std::vector<std::string> RuleFiles::gone() const {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator at{state_dir_ + "/rules-versions", error}, end; !error && at != end; at.increment(error))
    if (auto name = at->path().filename().string(); is_rule_file_name(name) && !find(name)) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

bool is_rule_file_name(std::string_view name) noexcept {
  const auto fits = [](char c) {
    return text::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
  };
  return name.size() > kEnding.size() && name.size() <= kLongestFileName && name.ends_with(kEnding) &&
         name.front() != '.' && name != "schema.json" && std::all_of(name.begin(), name.end(), fits);
}

std::string rule_file_etag(std::string_view text) { return "\"" + to_hex(hash128(text)) + "\""; }

std::string path_of_rule_file(const Config& config, std::string_view name) {
  const RuleFiles files{config.rules, config.state_dir};
  const auto file = files.find(name);
  if (file) return file->path;
  const auto fresh = files.new_path(name);
  return fresh ? *fresh : rules::own_folder(config.state_dir) + "/" + std::string{name};
}

std::string mask_rule_file(std::string_view text) {
  std::string masked;
  for (const auto& [user, host] : users_in(text)) {
    masked.append(text.substr(0, static_cast<std::size_t>(user.data() - text.data()))).append(kHidden);
    text.remove_prefix(static_cast<std::size_t>(host.data() - text.data()));
  }
  return masked.append(text);
}

/// The hidden ones of a host stand for the ones before in their order, where there are as many, or all are the same.
Result<std::string> unmask_rule_file(std::string_view text, std::string_view before) {
  const auto written = users_in(text), known = users_in(before);
  std::map<std::string_view, std::size_t> seen;  // of each host
  std::string whole;
  for (const auto& [user, host] : written) {
    whole.append(text.substr(0, static_cast<std::size_t>(user.data() - text.data())));
    text.remove_prefix(static_cast<std::size_t>(host.data() - text.data()));
    const auto place = seen[host]++;
    if (user != kHidden) {
      whole.append(user);
      continue;
    }
    const auto users = users_before(host, known);
    const bool same = std::adjacent_find(users.begin(), users.end(), std::not_equal_to<>{}) == users.end();
    if (users.empty() || (!same && users.size() != users_before(host, written).size()))
      return Error{"the user and password before @" + std::string{host} + " were ***: write them anew"};
    whole.append(same ? users.front() : users[place]);
  }
  return whole.append(text);
}

}  // namespace cachearr::admin
