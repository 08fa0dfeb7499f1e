#include "store/disk_file.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "store/disk_record.hpp"
#include "store/fault_guard.hpp"
#include "store/lmdb_codes.hpp"
#include "store/page_prefetch.hpp"

namespace cachearr::store {
namespace {

constexpr std::uint64_t kMinMap = 1024 * 1024;
constexpr unsigned kMaxDatabases = 8;
constexpr std::string_view kFormatName = "format";
constexpr std::string_view kGenerationName = "generation";

Outcome meaning_of(int code) noexcept {
  switch (code) {
    case MDB_SUCCESS: return Outcome::done;
    case MDB_NOTFOUND: return Outcome::missing;
    case kSpoilt: return Outcome::spoilt;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL: return Outcome::full;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PAGE_FULL:
    case MDB_CURSOR_FULL:
    case MDB_PANIC:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
    case MDB_KEYEXIST:
    case MDB_BAD_VALSIZE: return Outcome::damaged;
    default: return Outcome::failed;
  }
}

int read_number(MDB_txn* txn, MDB_dbi database, std::string_view name, std::uint32_t& number) noexcept {
  MDB_val key = val(name);
  MDB_val data;
  const int code = mdb_get(txn, database, &key, &data);
  if (code != 0) return code;
  if (data.mv_size != sizeof number) return MDB_INVALID;
  std::memcpy(&number, data.mv_data, sizeof number);
  return 0;
}

int write_number(MDB_txn* txn, MDB_dbi database, std::string_view name, std::uint32_t number) noexcept {
  MDB_val key = val(name);
  MDB_val data{sizeof number, &number};
  return mdb_put(txn, database, &key, &data, 0);
}

}  // namespace

Result<std::unique_ptr<DiskFile>> DiskFile::open(const std::string& folder, std::uint64_t max_bytes, bool& damaged) {
  install_fault_guard();
  damaged = false;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Error{folder + ": " + error.message()};

  std::unique_ptr<DiskFile> file{new DiskFile};
  file->path_ = folder + "/data.mdb";
  file->max_bytes_ = std::max(max_bytes, kMinMap);
  int code = 0;
  const bool survived = guarded([&] { code = file->prepare(folder); });
  const Outcome outcome = file->outcome_of(survived, code);
  if (outcome == Outcome::done) return file;
  damaged = outcome == Outcome::damaged;
  if (file->found_format_ != kFormat) return Error{"the store has format " + std::to_string(file->found_format_)};
  return Error{folder + ": " + file->problem()};
}

int DiskFile::prepare(const std::string& folder) {
  int code = mdb_env_create(&env_);
  if (code != 0) return code;
  mdb_env_set_maxdbs(env_, kMaxDatabases);
  mdb_env_set_assert(env_, [](MDB_env*, const char*) { leave_guarded(); });
  page_size_ = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  mdb_env_set_mapsize(env_, max_bytes_ / page_size_ * page_size_);
  // No write map: on a full disk it ends the process and lets stray writes through. No read-ahead: reads are of single
  // answers.
  code = mdb_env_open(env_, folder.c_str(), MDB_NOTLS | MDB_NORDAHEAD | MDB_NOSYNC, 0600);
  if (code != 0) return code;
  clear_readers();
  struct stat status = {};
  if (::stat(path_.c_str(), &status) == 0) inode_ = status.st_ino;

  map_ = MappedFile::find(inode_);

  MDB_txn* txn = nullptr;
  if ((code = mdb_txn_begin(env_, nullptr, 0, &txn)) != 0) return code;
  if ((code = open_databases(txn)) != 0) return mdb_txn_abort(txn), code;
  take_stock(txn);
  code = mdb_txn_commit(txn);
  note_newest_txn();
  return code;
}

/// Asks the file: a transaction that changed nothing is not in it.
void DiskFile::note_newest_txn() noexcept {
  MDB_envinfo info;
  if (mdb_env_info(env_, &info) == 0) newest_txn_ = info.me_last_txnid;
}

int DiskFile::open_databases(MDB_txn* txn) {
  const struct {
    const char* name;
    unsigned flags;
    unsigned& handle;
  } databases[] = {{"meta", 0, names_.meta},
                   {"cards", 0, names_.records},
                   {"chunks", MDB_INTEGERKEY, names_.chunks},
                   {"rules", 0, names_.bans},
                   {"state", 0, names_.state}};
  // They are made all at once. One that is missing later is damage, and that must not be written to.
  MDB_envinfo info;
  mdb_env_info(env_, &info);
  const unsigned create = info.me_last_txnid == 0 && info.me_last_pgno < 2 ? MDB_CREATE : 0;
  for (const auto& database : databases) {
    const int code = mdb_dbi_open(txn, database.name, create | database.flags, &database.handle);
    if (code != 0) return code == MDB_NOTFOUND ? MDB_INVALID : code;
  }
  const int code = read_number(txn, names_.meta, kFormatName, found_format_);
  if (code == MDB_NOTFOUND && create != 0) return write_number(txn, names_.meta, kFormatName, kFormat);
  if (code != 0) return code == MDB_NOTFOUND ? MDB_INVALID : code;
  if (found_format_ != kFormat) return MDB_VERSION_MISMATCH;
  Cursor cursor{txn, names_.chunks};
  MDB_val key;
  MDB_val data;
  const int last = cursor.get(key, data, MDB_LAST);
  if (last == MDB_NOTFOUND) return 0;
  if (last != 0) return last;
  if (key.mv_size != sizeof next_chunk_) return MDB_INVALID;
  std::memcpy(&next_chunk_, key.mv_data, sizeof next_chunk_);
  ++next_chunk_;
  return 0;
}

DiskFile::~DiskFile() {
  if (env_ == nullptr || untouchable_) return;
  readers_.clear();
  mdb_env_close(env_);
}

Outcome DiskFile::outcome_of(bool survived, int code) {
  if (!survived) {
    untouchable_ = true;
    code = MDB_CORRUPTED;
  }
  if (code != 0 && code != MDB_NOTFOUND) code_ = code;
  return meaning_of(code);
}

std::string DiskFile::problem() const {
  const int code = code_;
  return code == kSpoilt ? "a damaged record" : mdb_strerror(code);
}

/// Runs `act(txn)` in a short read-only transaction.
template <class F>
Outcome DiskFile::reading(F&& act) {
  if (untouchable_) return Outcome::damaged;
  int code = 0;
  const bool survived = guarded([&] {
    MDB_txn* txn = nullptr;
    if ((code = readers_.begin(env_, txn)) != 0) return;
    code = act(txn);
    readers_.end(txn);
  });
  return outcome_of(survived, code);
}

Outcome DiskFile::read(const Wanted& wanted, EntryPtr& found) {
  return reading([&](MDB_txn* txn) {
    IdKey key{wanted.id};
    MDB_val name = key.val();
    MDB_val data;
    const int code = mdb_get(txn, names_.records, &name, &data);
    if (code != 0) return code;
    IndexRecord record;
    if (!decode(view(data), wanted.id, record)) return kSpoilt;
    return read_content(txn, names_.chunks, record, wanted, found);
  });
}

Outcome DiskFile::read_index_record(const Hash128& id,
                                    const std::function<void(const Hash128&, const IndexRecord&)>& look) {
  return reading([&](MDB_txn* txn) {
    IdKey key{id};
    MDB_val name = key.val();
    MDB_val data;
    const int code = mdb_get(txn, names_.records, &name, &data);
    if (code != 0) return code;
    IndexRecord record;
    if (!decode(view(data), id, record)) return kSpoilt;
    look(id, record);
    return 0;
  });
}

Outcome DiskFile::ids_of(IdPrefix prefix, std::vector<Hash128>& ids) {
  return reading([&](MDB_txn* txn) {
    Cursor cursor{txn, names_.records};
    IdKey first{{0, prefix.bits}};
    MDB_val key = first.val();
    MDB_val data;
    int code = cursor.get(key, data, MDB_SET_RANGE);
    for (; code == 0 && key.mv_size == 16 && prefix.begins(IdKey::id_of(key)); code = cursor.get(key, data, MDB_NEXT)) {
      ids.push_back(IdKey::id_of(key));
    }
    return code == MDB_NOTFOUND ? 0 : code;
  });
}

Outcome DiskFile::scan(Hash128& after, std::size_t limit, bool& end,
                       const std::function<void(const Hash128&, const IndexRecord&)>& visit,
                       const std::function<bool(const Hash128&, const IndexRecord&)>& wanted) {
  end = false;
  return reading([&](MDB_txn* txn) {
    Cursor cursor{txn, names_.records};
    IdKey start{after};
    MDB_val key = start.val();
    MDB_val data;
    IndexRecord record;
    PagePrefetch pages{page_size_};
    int code = cursor.get(key, data, MDB_SET_RANGE);
    if (code == 0 && key.mv_size == 16 && IdKey::id_of(key) == after) code = cursor.get(key, data, MDB_NEXT);
    for (std::size_t i = 0; code == 0 && i < limit; ++i) {
      if (key.mv_size != 16) return MDB_CORRUPTED;
      pages.see(data.mv_data);
      after = IdKey::id_of(key);
      const bool is_wanted = !wanted || (decode_whole(view(data), record) && wanted(after, record));
      if (is_wanted && decode(view(data), after, record)) visit(after, record);
      code = cursor.get(key, data, MDB_NEXT);
    }
    end = code == MDB_NOTFOUND;
    return end ? 0 : code;
  });
}

Outcome DiskFile::read_bans(std::vector<Ban>& bans, std::uint32_t& generation) {
  return reading([&](MDB_txn* txn) {
    int code = read_number(txn, names_.meta, kGenerationName, generation);
    if (code != 0 && code != MDB_NOTFOUND) return code;
    Cursor cursor{txn, names_.bans};
    MDB_val key;
    MDB_val data;
    for (code = cursor.get(key, data, MDB_FIRST); code == 0; code = cursor.get(key, data, MDB_NEXT)) {
      if (auto ban = decode_ban(view(key), view(data))) bans.push_back(*std::move(ban));
    }
    return code == MDB_NOTFOUND ? 0 : code;
  });
}

Outcome DiskFile::read_state(const std::function<void(std::string_view, std::string_view)>& visit) {
  return reading([&](MDB_txn* txn) {
    Cursor cursor{txn, names_.state};
    MDB_val key;
    MDB_val data;
    int code = 0;
    for (code = cursor.get(key, data, MDB_FIRST); code == 0; code = cursor.get(key, data, MDB_NEXT)) {
      const auto bytes = checked_state(view(data));
      if (bytes) visit(view(key), *bytes);
    }
    return code == MDB_NOTFOUND ? 0 : code;
  });
}

Outcome DiskFile::write(const std::function<int(DiskBatch&)>& act) {
  if (untouchable_) return Outcome::damaged;
  const auto next_chunk = next_chunk_;
  int code = 0;
  const bool survived = guarded([&] {
    MDB_txn* txn = nullptr;
    if ((code = mdb_txn_begin(env_, nullptr, 0, &txn)) != 0) return;
    DiskBatch batch{*this, txn};
    if ((code = act(batch)) != 0) return mdb_txn_abort(txn);
    take_stock(txn);
    if ((code = mdb_txn_commit(txn)) == 0) note_newest_txn();
  });
  if (code != 0) next_chunk_ = next_chunk;
  return outcome_of(survived, code);
}

Outcome DiskFile::sync() {
  if (untouchable_) return Outcome::damaged;
  return outcome_of(true, mdb_env_sync(env_, 1));
}

void DiskFile::take_stock(MDB_txn* txn) noexcept {
  std::uint64_t pages = 2;  // the two that tell which transaction is the last
  // 0 and 1 are LMDB's own: free pages and the names of the others.
  for (const MDB_dbi database : {0U, 1U, names_.meta, names_.records, names_.chunks, names_.bans, names_.state}) {
    MDB_stat stat;
    if (mdb_stat(txn, database, &stat) != 0) continue;
    pages += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
    if (database == names_.records) entries_ = stat.ms_entries;
  }
  used_bytes_ = pages * page_size_;
}

void DiskFile::clear_readers() noexcept {
  int dead = 0;
  if (!untouchable_) mdb_reader_check(env_, &dead);
}

bool DiskFile::is_resident() const noexcept {
  MDB_envinfo info;
  return !untouchable_ && mdb_env_info(env_, &info) == 0 && map_.is_resident((info.me_last_pgno + 1) * page_size_);
}

bool DiskFile::is_in_place() const noexcept {
  struct stat status = {};
  return ::stat(path_.c_str(), &status) == 0 && status.st_ino == inode_;
}

bool DiskBatch::is_missing(int code) noexcept { return code == MDB_NOTFOUND; }

/// The newest invalidation ever is remembered: a lower number would let purged answers come back after a crash.
int DiskBatch::put_generation(std::uint32_t generation) {
  std::uint32_t newest = 0;
  const int code = read_number(txn_, file_.names_.meta, kGenerationName, newest);
  if (code != 0 && !is_missing(code)) return code;
  if (code == 0 && newest >= generation) return 0;
  return write_number(txn_, file_.names_.meta, kGenerationName, generation);
}

}  // namespace cachearr::store
