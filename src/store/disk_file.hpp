// The one LMDB file of the disk tier: its databases, records and transactions. Knows nothing of threads but LMDB's own
// rule: any number of readers, one writer. Damage and full disks come back as outcomes; nothing here ends the process.
//
// Databases: "meta" (format, generation), "cards" (id, big-endian -> record), "chunks" (number -> at most kChunk bytes
// of a content), "rules" (generation, big-endian -> ban not yet swept), "state" (name -> bytes).
//
// Commits do not wait for the device: what a killed process has committed is in the page cache, and on a machine whose
// disk is busy with downloads a sync takes seconds. sync() is called beside the writer; what a power failure in between
// does to the file is the business of BootMarker and IntegrityCheck.
//
// The content of a response (id, identity, head, body) is cut into chunks of consecutive numbers, always appended at
// the end: LMDB keeps four of them on a page, never needs a run of free pages for a large body, and what was stored
// together is freed together.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/disk_index.hpp"
#include "store/index_record.hpp"
#include "store/mapped_file.hpp"
#include "store/read_transactions.hpp"

struct MDB_env;
struct MDB_txn;

namespace cachearr::store {

enum class Outcome : std::uint8_t {
  done,
  missing,
  spoilt,   // this record is damaged, the file seems sound
  full,     // the map is full: evict and try again
  failed,   // the disk refused; problem() tells errno
  damaged,  // the file is; it must not be touched again
};

/// What changes between memory and disk; each may be empty.
struct Conversion {
  std::function<std::string(const Entry&)> pack;  // the body as it is kept; an empty result: as it is
  std::function<bool(std::string_view packed, std::string& plain)> unpack;  // `plain` has its size already
};

/// What is looked for in the file.
struct Wanted {
  const Hash128& id;
  std::string_view identity;  // empty: any
  const Conversion& conversion;
  bool check = true;  // the content; its record is checked in any case
};

class DiskBatch;

class DiskFile {
 public:
  /// Makes folder and file where they are missing. `damaged` tells whether the file itself is to
  /// blame.
  static Result<std::unique_ptr<DiskFile>> open(const std::string& folder, std::uint64_t max_bytes, bool& damaged);
  ~DiskFile();
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;

  // Readers.

  /// The whole record. An empty identity takes any.
  Outcome read(const Wanted& wanted, EntryPtr& found);
  /// Calls `look` with the record alone, if it is there and sound.
  Outcome read_index_record(const Hash128& id, const std::function<void(const Hash128&, const IndexRecord&)>& look);
  /// The ids that begin so.
  Outcome ids_of(IdPrefix prefix, std::vector<Hash128>& ids);
  /// Visits at most `limit` records with ids after `after`, which becomes the last one visited; `end` tells that there
  /// are no more. Records that are damaged are left out, and what `wanted` says no to before that is looked into.
  Outcome scan(Hash128& after, std::size_t limit, bool& end,
               const std::function<void(const Hash128&, const IndexRecord&)>& visit,
               const std::function<bool(const Hash128&, const IndexRecord&)>& wanted = nullptr);
  Outcome read_bans(std::vector<Ban>& bans, std::uint32_t& generation);
  Outcome read_state(const std::function<void(std::string_view name, std::string_view bytes)>& visit);

  // The one writer.
  Outcome write(const std::function<int(DiskBatch&)>& act);

  /// Waits until the device has everything committed so far. Any thread.
  Outcome sync();

  std::uint64_t used_bytes() const noexcept { return used_bytes_; }  // of the writer: after its last batch
  std::uint64_t entries() const noexcept { return entries_; }
  /// Whether the pages in use are in memory, so that a read does not wait for the disk. Any thread; a sample.
  bool is_resident() const noexcept;
  std::uint64_t max_bytes() const noexcept { return max_bytes_; }
  /// Number of the last transaction; of two copies of a file the older one has the smaller number.
  std::uint64_t newest_txn() const noexcept { return newest_txn_; }
  /// Frees the slots of readers whose process died; they keep pages from being used again.
  void clear_readers() noexcept;
  /// The file is still where it was opened.
  bool is_in_place() const noexcept;
  /// Describes the last outcome other than done and missing.
  std::string problem() const;
  bool has_problem() const noexcept { return code_ != 0; }

 private:
  friend class DiskBatch;
  struct Names {
    unsigned meta = 0, records = 0, chunks = 0, bans = 0, state = 0;
  };
  DiskFile() = default;
  int prepare(const std::string& folder);
  int open_databases(MDB_txn* txn);
  Outcome outcome_of(bool survived, int code);
  template <class F>
  Outcome reading(F&& act);
  void take_stock(MDB_txn* txn) noexcept;
  void note_newest_txn() noexcept;

  std::string path_;  // of the data file
  std::uint64_t max_bytes_ = 0;
  std::uint64_t page_size_ = 0;
  std::uint64_t inode_ = 0;
  MDB_env* env_ = nullptr;
  ReadTransactions readers_;
  Names names_;
  std::atomic<bool> untouchable_{false};  // set after damage: not even closed
  std::uint64_t next_chunk_ = 1;
  std::atomic<std::uint64_t> used_bytes_{0};
  std::atomic<std::uint64_t> entries_{0};
  std::atomic<std::uint64_t> newest_txn_{0};
  std::atomic<int> code_{0};
  MappedFile map_;
  std::uint32_t found_format_ = kFormat;
};

/// What can be done within one write transaction. All return LMDB's codes.
class DiskBatch {
 public:
  static bool is_missing(int code) noexcept;
  /// Replaces what has this id.
  int put(const Entry& entry, const EntryMeta& meta, std::uint32_t generation, const Conversion& conversion);
  int erase(const Hash128& id);
  /// Erases all whose ids begin so.
  int erase(IdPrefix prefix);
  /// Takes up to `count` records from the old end of the file, where pages become free together: what `spare` says yes
  /// to goes to the new end, the rest is erased. MDB_NOTFOUND where there are no more.
  int reclaim(std::size_t count, const std::function<bool(const Hash128&, const IndexRecord&)>& spare);
  /// Gives a stored response other metadata; nothing where it is not there.
  int amend(const Hash128& id, const std::function<void(IndexRecord&)>& change);
  int put_ban(const Ban& ban);
  int drop_bans(std::uint32_t up_to);
  int put_generation(std::uint32_t generation);
  int put_state(std::string_view name, std::string_view bytes);

 private:
  friend class DiskFile;
  DiskBatch(DiskFile& file, MDB_txn* txn) : file_{file}, txn_{txn} {}
  int append_content(const Entry& entry, std::string_view body, std::uint64_t& hash);
  int erase_chunks(const IndexRecord& record);
  int erase_chunk(std::uint64_t number);
  int oldest(std::uint64_t& number, Hash128& id, std::string& record);
  int move_to_end(const Hash128& id, IndexRecord& record);

  DiskFile& file_;
  MDB_txn* txn_;
};

}  // namespace cachearr::store
