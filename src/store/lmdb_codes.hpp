// Small things about LMDB that several units of the disk tier share. Private to the units that include lmdb.h.
#pragma once

#include <cstdint>
#include <cstring>
#include <lmdb.h>
#include <string_view>

#include "base/hash.hpp"

namespace cachearr::store {

/// A record whose bytes do not match its checksum, beside LMDB's own codes.
inline constexpr int kSpoilt = -20'000;
/// Four chunks and their bookkeeping fill a page of 4096 bytes.
inline constexpr std::size_t kChunk = 1000;

inline MDB_val val(std::string_view bytes) noexcept { return {bytes.size(), const_cast<char*>(bytes.data())}; }
inline std::string_view view(const MDB_val& value) noexcept {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

/// Ids are filed in the order of their bits.
struct IdKey {
  unsigned char bytes[16];
  explicit IdKey(const Hash128& id) noexcept {
    const std::uint64_t parts[2] = {__builtin_bswap64(id.high), __builtin_bswap64(id.low)};
    std::memcpy(bytes, parts, sizeof bytes);
  }
  MDB_val val() noexcept { return {sizeof bytes, bytes}; }
  /// REQUIRES: 16 bytes.
  static Hash128 id_of(const MDB_val& key) noexcept {
    std::uint64_t parts[2];
    std::memcpy(parts, key.mv_data, sizeof parts);
    return {__builtin_bswap64(parts[1]), __builtin_bswap64(parts[0])};
  }
};

/// A cursor that ends with its scope.
class Cursor {
 public:
  Cursor(MDB_txn* txn, MDB_dbi database) noexcept { code_ = mdb_cursor_open(txn, database, &cursor_); }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  ~Cursor() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
  }
  int get(MDB_val& key, MDB_val& data, MDB_cursor_op operation) noexcept {
    return code_ != 0 ? code_ : mdb_cursor_get(cursor_, &key, &data, operation);
  }

 private:
  MDB_cursor* cursor_ = nullptr;
  int code_ = 0;
};

}  // namespace cachearr::store
