// Records, bans and state as bytes in the LMDB file: the parts of DiskFile that only turn bytes into values and back.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <xxhash.h>

#include "store/disk_file.hpp"
#include "store/index_record.hpp"

struct MDB_txn;

namespace cachearr::store {

/// XXH3-64 over pieces.
class Hasher {
 public:
  Hasher() { XXH3_64bits_reset(state_.get()); }
  void add(std::string_view bytes) { XXH3_64bits_update(state_.get(), bytes.data(), bytes.size()); }
  std::uint64_t digest() const { return XXH3_64bits_digest(state_.get()); }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const noexcept { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_{XXH3_createState()};
};

/// Puts a record together again and checks it; LMDB's codes, kSpoilt, or MDB_NOTFOUND where it is another identity's.
int read_content(MDB_txn* txn, unsigned chunks, const IndexRecord& record, const Wanted& wanted, EntryPtr& found);

/// The same without making an entry of it.
int check_content(MDB_txn* txn, unsigned chunks, const IndexRecord& record);

/// Bans as values of the database "rules", whose key is the generation.
std::string ban_key(std::uint32_t generation);
std::string encode_ban(const Ban& ban);
std::optional<Ban> decode_ban(std::string_view key, std::string_view bytes);

/// State with a checksum before it.
std::string with_checksum(std::string_view bytes);
std::optional<std::string_view> checked_state(std::string_view bytes) noexcept;

std::uint64_t chunk_count(const IndexRecord& record) noexcept;

}  // namespace cachearr::store
