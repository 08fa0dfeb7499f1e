#include "store/store_copy.hpp"

#include <chrono>
#include <filesystem>
#include <lmdb.h>
#include <system_error>

#include "store/boot_marker.hpp"
#include "store/disk_record.hpp"
#include "store/fault_guard.hpp"
#include "store/index_record.hpp"
#include "store/integrity_check.hpp"
#include "store/lmdb_codes.hpp"

namespace cachearr::store {
namespace {

constexpr std::string_view kJournalFile = "/purges";
constexpr unsigned kMostDatabases = 8;
constexpr std::chrono::minutes kCheckTime{10};

/// The file, opened to be read; closed with its scope unless it turned out to be damaged.
class OpenedFile {
 public:
  explicit OpenedFile(const std::string& folder) : folder_{folder} {
    install_fault_guard();
    guard([&] {
      if ((code_ = mdb_env_create(&env_)) != 0) return;
      mdb_env_set_maxdbs(env_, kMostDatabases);
      mdb_env_set_assert(env_, [](MDB_env*, const char*) { leave_guarded(); });
      code_ = mdb_env_open(env_, folder.c_str(), MDB_RDONLY | MDB_NOTLS, 0600);
    });
  }
  ~OpenedFile() {
    if (env_ != nullptr && !damaged_) mdb_env_close(env_);
  }
  OpenedFile(const OpenedFile&) = delete;
  OpenedFile& operator=(const OpenedFile&) = delete;

  /// Runs `act(env)`, which gives LMDB's code, unless something failed before.
  template <class F>
  void run(F&& act) {
    if (code_ != 0 || damaged_) return;
    guard([&] { code_ = act(env_); });
  }
  std::optional<Error> problem() const {
    if (damaged_) return Error{"the store in " + folder_ + " is damaged"};
    if (code_ == MDB_VERSION_MISMATCH) return Error{"the store in " + folder_ + " has the format of another version"};
    if (code_ != 0) return Error{"the store in " + folder_ + ": " + mdb_strerror(code_)};
    return std::nullopt;
  }

 private:
  template <class F>
  void guard(F&& act) {
    damaged_ = !guarded(act);
  }

  const std::string folder_;
  MDB_env* env_ = nullptr;
  int code_ = 0;
  bool damaged_ = false;
};

/// Runs `act(txn, database)` on one database of the file.
template <class F>
int look_into(MDB_env* env, const char* database, F&& act) {
  MDB_txn* txn = nullptr;
  int code = mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
  if (code != 0) return code;
  MDB_dbi handle = 0;
  code = mdb_dbi_open(txn, database, 0, &handle);
  if (code == 0) code = act(txn, handle);
  mdb_txn_abort(txn);
  return code;
}

int check_format(MDB_txn* txn, MDB_dbi database) {
  MDB_val name = val("format");
  MDB_val data;
  const int code = mdb_get(txn, database, &name, &data);
  if (code != 0) return code == MDB_NOTFOUND ? MDB_VERSION_MISMATCH : code;
  std::uint32_t format = 0;
  if (data.mv_size != sizeof format) return MDB_VERSION_MISMATCH;
  std::memcpy(&format, data.mv_data, sizeof format);
  return format == kFormat ? 0 : MDB_VERSION_MISMATCH;
}

std::optional<Error> copy_journal(const std::string& folder, const std::string& to_folder) {
  std::error_code error;
  const auto journal = folder + std::string{kJournalFile};
  if (!std::filesystem::exists(journal, error)) return std::nullopt;
  std::filesystem::copy_file(journal, to_folder + std::string{kJournalFile}, error);
  if (error) return Error{journal + " cannot be copied: " + error.message()};
  return std::nullopt;
}

}  // namespace

std::optional<Error> copy_store(const std::string& folder, const std::string& to_folder) {
  if (lost_power(folder) || is_distrusted(folder))
    return Error{"the store in " + folder + " is to be checked after a power failure; start cachearr once before"};
  // First the journal: an invalidation that moves to the file meanwhile is in both, and in neither the other way round.
  if (auto failed = copy_journal(folder, to_folder)) return failed;
  OpenedFile file{folder};
  file.run([](MDB_env* env) { return look_into(env, "meta", check_format); });
  file.run([&](MDB_env* env) { return mdb_env_copy2(env, to_folder.c_str(), MDB_CP_COMPACT); });
  return file.problem();
}

std::optional<Error> read_states(const std::string& folder,
                                 const std::function<void(std::string_view, std::string_view)>& visit) {
  const auto visit_all = [&](MDB_txn* txn, MDB_dbi database) {
    Cursor cursor{txn, database};
    MDB_val key;
    MDB_val data;
    int code = cursor.get(key, data, MDB_FIRST);
    for (; code == 0; code = cursor.get(key, data, MDB_NEXT)) {
      const auto bytes = checked_state(view(data));
      if (bytes) visit(view(key), *bytes);
    }
    return code == MDB_NOTFOUND ? 0 : code;
  };
  OpenedFile file{folder};
  file.run([](MDB_env* env) { return look_into(env, "meta", check_format); });
  file.run([&](MDB_env* env) { return look_into(env, "state", visit_all); });
  return file.problem();
}

std::optional<Error> check_store(const std::string& folder) {
  IntegrityCheck check{folder, IntegrityCheck::Depth::every_byte, [] {}};
  if (check.wait(kCheckTime) != IntegrityCheck::State::sound) return Error{"the store in " + folder + " is damaged"};
  OpenedFile file{folder};
  file.run([](MDB_env* env) { return look_into(env, "meta", check_format); });
  return file.problem();
}

}  // namespace cachearr::store
