#include "store/integrity_check.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "store/card.hpp"
#include "store/lmdb_codes.hpp"

namespace cachearr::store {
namespace {

constexpr const char* kDataFile = "/data.mdb";
constexpr std::string_view kAside = "data.mdb.bad-";
// So many steps in one transaction: the writer cannot reuse pages that a reader may still see.
constexpr std::size_t kSteps = 20'000;
constexpr int kIoprioIdle = 3 << 13;

struct EnvironmentEnd {
  void operator()(MDB_env* env) const noexcept { mdb_env_close(env); }
};
using Environment = std::unique_ptr<MDB_env, EnvironmentEnd>;

/// The pages that are free, each once and inside the file.
std::string check_free_pages(MDB_txn* txn, std::size_t last_page) {
  std::vector<bool> free(last_page + 1);
  std::size_t count = 0;
  Cursor cursor{txn, 0};
  MDB_val key;
  MDB_val data;
  int code = 0;
  for (code = cursor.get(key, data, MDB_FIRST); code == 0; code = cursor.get(key, data, MDB_NEXT)) {
    std::vector<std::size_t> pages(data.mv_size / sizeof(std::size_t));
    if (pages.empty()) return "an empty list of free pages";
    std::memcpy(pages.data(), data.mv_data, pages.size() * sizeof(std::size_t));
    if (pages[0] >= pages.size()) return "a list of free pages that is too short";
    for (std::size_t i = 1; i <= pages[0]; ++i) {
      if (pages[i] < 2 || pages[i] > last_page || free[pages[i]]) return "a page that is free twice or outside";
      free[pages[i]] = true;
      ++count;
    }
  }
  if (code != MDB_NOTFOUND) return mdb_strerror(code);
  std::size_t used = count + 2;
  std::vector<MDB_dbi> databases{0, 1};
  for (const char* name : {"meta", "cards", "chunks", "rules", "state"}) {
    MDB_dbi database = 0;
    if (mdb_dbi_open(txn, name, 0, &database) == 0) databases.push_back(database);
  }
  for (const MDB_dbi database : databases) {
    MDB_stat stat;
    if (mdb_stat(txn, database, &stat) != 0) continue;
    used += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
  }
  return used > last_page + 1 ? "more pages in use than there are" : "";
}

/// Walks a database in its order, a new transaction every now and then.
std::string walk(MDB_env* env, const char* name) {
  std::string last;
  for (bool end = false; !end;) {
    MDB_txn* txn = nullptr;
    int code = mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
    if (code != 0) return mdb_strerror(code);
    MDB_dbi database = 0;
    unsigned flags = 0;
    code = mdb_dbi_open(txn, name, 0, &database);
    if (code != 0) return mdb_txn_abort(txn), code == MDB_NOTFOUND ? "" : mdb_strerror(code);
    mdb_dbi_flags(txn, database, &flags);
    {
      Cursor cursor{txn, database};
      std::string start = last;
      MDB_val key = val(start);
      MDB_val data;
      code = cursor.get(key, data, last.empty() ? MDB_FIRST : MDB_SET_RANGE);
      std::size_t steps = 0;
      unsigned sum = 0;
      for (; code == 0 && ++steps < kSteps; code = cursor.get(key, data, MDB_NEXT)) {
        if ((flags & MDB_INTEGERKEY) != 0 && key.mv_size != sizeof(std::uint64_t)) return "a number of the wrong size";
        if (data.mv_size != 0) sum += static_cast<unsigned char>(view(data).back());  // the page is really there
        const MDB_val before = val(last);
        if (!last.empty() && steps > 1 && mdb_cmp(txn, database, &key, &before) <= 0) return "keys out of order";
        last.assign(view(key));
      }
      end = code != 0 || steps < 2;
      if (sum == ~0U) end = true;  // keeps the reads from being optimised away
    }
    mdb_txn_abort(txn);
    if (code != 0 && code != MDB_NOTFOUND) return mdb_strerror(code);
  }
  return {};
}

bool died_of_damage(int status) noexcept {
  if (WIFEXITED(status)) return WEXITSTATUS(status) != 0;
  return WTERMSIG(status) == SIGBUS || WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGABRT;
}

[[noreturn]] void run_child(const std::string& folder, const std::function<void()>& in_child) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int signal : {SIGBUS, SIGSEGV, SIGABRT, SIGTERM, SIGINT, SIGHUP}) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const struct rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::setpriority(PRIO_PROCESS, 0, 19);
  ::syscall(SYS_ioprio_set, 1, 0, kIoprioIdle);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);  // a failed assertion is expected here and would only alarm
  in_child();
  ::_exit(find_damage(folder).empty() ? 0 : 1);
}

}  // namespace

std::string find_damage(const std::string& folder) {
  MDB_env* made = nullptr;
  int code = mdb_env_create(&made);
  if (code != 0) return mdb_strerror(code);
  const Environment env{made};
  mdb_env_set_maxdbs(made, 8);
  code = mdb_env_open(made, folder.c_str(), MDB_RDONLY | MDB_NOTLS, 0600);
  if (code == ENOENT) return {};
  if (code != 0) return mdb_strerror(code);
  MDB_envinfo info;
  MDB_txn* txn = nullptr;
  // In this order: the writer may go on meanwhile, and the last page only ever moves up.
  if ((code = mdb_txn_begin(made, nullptr, MDB_RDONLY, &txn)) != 0) return mdb_strerror(code);
  mdb_env_info(made, &info);
  std::string damage = check_free_pages(txn, info.me_last_pgno);
  mdb_txn_abort(txn);
  for (const char* name : {"meta", "rules", "state", "cards", "chunks"}) {
    if (damage.empty()) damage = walk(made, name);
  }
  return damage;
}

IntegrityCheck::IntegrityCheck(const std::string& folder, const std::function<void()>& in_child) {
  struct stat status = {};
  if (::stat((folder + kDataFile).c_str(), &status) != 0 || status.st_size == 0) return;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  child_ = ::fork();
  if (child_ == 0) run_child(folder, in_child);
  ::close(ends[1]);
  end_ = ends[0];
  if (child_ > 0) state_ = State::running;
}

IntegrityCheck::~IntegrityCheck() {
  if (end_ >= 0) ::close(end_);
  if (state_ != State::running) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

IntegrityCheck::State IntegrityCheck::poll() { return wait(std::chrono::milliseconds{0}); }

IntegrityCheck::State IntegrityCheck::wait(std::chrono::milliseconds at_most) {
  if (state_ != State::running) return state_;
  struct pollfd waited = {end_, POLLIN, 0};
  if (::poll(&waited, 1, static_cast<int>(at_most.count())) <= 0) return state_;
  // The write end has closed, so the child is at its end.
  int status = 0;
  const pid_t ended = ::waitpid(child_, &status, 0);
  // Where somebody else reaped or killed the child nothing is known, and the guard of the readers has to do.
  state_ = ended == child_ && died_of_damage(status) ? State::damaged : State::sound;
  return state_;
}

bool set_aside(const std::string& folder, std::int64_t now_s) {
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator{folder, error}) {
    if (file.path().filename().string().starts_with(kAside)) std::filesystem::remove(file.path(), error);
  }
  std::filesystem::rename(folder + kDataFile, folder + "/" + std::string{kAside} + std::to_string(now_s), error);
  if (error) return false;
  std::filesystem::remove(folder + "/lock.mdb", error);
  return true;
}

}  // namespace cachearr::store
