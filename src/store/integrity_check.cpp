#include "store/integrity_check.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "store/disk_record.hpp"
#include "store/index_record.hpp"
#include "store/lmdb_codes.hpp"
#include "store/page_check.hpp"

namespace cachearr::store {
namespace {

constexpr const char* kDataFile = "/data.mdb";
constexpr std::string_view kAside = "data.mdb.bad-";
// So many steps in one transaction: the writer cannot reuse pages that a reader may still see.
constexpr std::size_t kSteps = 20'000;
// Behind the requests, but not idle: what is to be written waits for the end of the check.
constexpr int kNice = 5;
constexpr int kIoPriority = (2 << 13) | 7;

struct EnvironmentEnd {
  void operator()(MDB_env* env) const noexcept { mdb_env_close(env); }
};
using Environment = std::unique_ptr<MDB_env, EnvironmentEnd>;

/// The pages as one transaction left them; it stays open so that the writer leaves them alone.
std::string check_pages(MDB_env* env, const std::string& folder) {
  MDB_txn* txn = nullptr;
  MDB_stat stat;
  int code = mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
  if (code != 0 || (code = mdb_env_stat(env, &stat)) != 0) return mdb_strerror(code);
  const int file = ::open((folder + kDataFile).c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status = {};
  if (file < 0 || ::fstat(file, &status) != 0) return "no file";
  const auto size = static_cast<std::size_t>(status.st_size);
  void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  if (bytes == MAP_FAILED) return "no memory";
  std::string damage = PageCheck{static_cast<const unsigned char*>(bytes), size, stat.ms_psize}.run(mdb_txn_id(txn));
  ::munmap(bytes, size);
  mdb_txn_abort(txn);
  return damage;
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

/// Every index record and every content against its checksum.
std::string read_everything(MDB_env* env) {
  MDB_txn* txn = nullptr;
  int code = mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
  if (code != 0) return mdb_strerror(code);
  MDB_dbi records = 0;
  MDB_dbi chunks = 0;
  if (mdb_dbi_open(txn, "cards", 0, &records) != 0 || mdb_dbi_open(txn, "chunks", 0, &chunks) != 0) return {};
  Cursor cursor{txn, records};
  MDB_val key;
  MDB_val data;
  IndexRecord record;
  for (code = cursor.get(key, data, MDB_FIRST); code == 0; code = cursor.get(key, data, MDB_NEXT)) {
    if (key.mv_size != sizeof(Hash128) || !decode(view(data), IdKey::id_of(key), record)) return "a damaged record";
    if (check_content(txn, chunks, record) != 0) return "a damaged record";
  }
  return code == MDB_NOTFOUND ? "" : mdb_strerror(code);
}

bool died_of_damage(int status) noexcept {
  if (WIFEXITED(status)) return WEXITSTATUS(status) != 0;
  return WTERMSIG(status) == SIGBUS || WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGABRT;
}

[[noreturn]] void run_child(const std::string& folder, IntegrityCheck::Depth depth,
                            const std::function<void()>& in_child) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int signal : {SIGBUS, SIGSEGV, SIGABRT, SIGTERM, SIGINT, SIGHUP}) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const struct rlimit no_core = {0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::setpriority(PRIO_PROCESS, 0, kNice);
  ::syscall(SYS_ioprio_set, 1, 0, kIoPriority);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);  // a failed assertion is expected here and would only alarm
  in_child();
  ::_exit(find_damage(folder, depth).empty() ? 0 : 1);
}

}  // namespace

std::string find_damage(const std::string& folder, IntegrityCheck::Depth depth) {
  MDB_env* made = nullptr;
  int code = mdb_env_create(&made);
  if (code != 0) return mdb_strerror(code);
  const Environment env{made};
  mdb_env_set_maxdbs(made, 8);
  code = mdb_env_open(made, folder.c_str(), MDB_RDONLY | MDB_NOTLS, 0600);
  if (code == ENOENT) return {};
  if (code != 0) return mdb_strerror(code);
  std::string damage = check_pages(made, folder);
  for (const char* name : {"meta", "rules", "state", "cards", "chunks"}) {
    if (damage.empty()) damage = walk(made, name);
  }
  if (damage.empty() && depth == IntegrityCheck::Depth::every_byte) damage = read_everything(made);
  return damage;
}

IntegrityCheck::IntegrityCheck(const std::string& folder, Depth depth, const std::function<void()>& in_child)
    : depth_{depth} {
  struct stat status = {};
  if (::stat((folder + kDataFile).c_str(), &status) != 0 || status.st_size == 0) return;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  child_ = ::fork();
  if (child_ == 0) run_child(folder, depth, in_child);
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
  if (error && error != std::errc::no_such_file_or_directory) return false;
  std::filesystem::remove(folder + "/lock.mdb", error);
  return true;
}

}  // namespace cachearr::store
