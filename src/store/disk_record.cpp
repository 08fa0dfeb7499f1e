#include "store/disk_record.hpp"

#include <algorithm>
#include <utility>
#include <xxhash.h>

#include "store/lmdb_codes.hpp"

namespace cachearr::store {
namespace {

constexpr std::size_t kSumSize = 8;

/// The content of a record, from one chunk after the other.
class ContentReader {
 public:
  ContentReader(MDB_txn* txn, MDB_dbi chunks, const IndexRecord& record) noexcept
      : cursor_{txn, chunks}, number_{record.first_chunk}, left_{record.content_size()} {}
  /// The next chunk, valid as long as the transaction.
  int next(std::string_view& chunk) noexcept {
    MDB_val key{sizeof number_, &number_};
    MDB_val data;
    const int code = cursor_.get(key, data, std::exchange(operation_, MDB_NEXT));
    if (code != 0) return code == MDB_NOTFOUND ? kSpoilt : code;
    std::uint64_t found = 0;
    if (key.mv_size != sizeof found) return MDB_CORRUPTED;
    std::memcpy(&found, key.mv_data, sizeof found);
    chunk = view(data);
    if (found != number_ || chunk.size() != std::min<std::uint64_t>(left_, kChunk)) return kSpoilt;
    left_ -= chunk.size();
    ++number_;
    return 0;
  }
  /// The next `size` bytes.
  int copy(char* to, std::size_t size) noexcept {
    while (size > 0) {
      if (const int code = rest_.empty() ? next(rest_) : 0) return code;
      const auto some = std::min(size, rest_.size());
      if (some == 0) return kSpoilt;
      std::memcpy(to, rest_.data(), some);
      rest_.remove_prefix(some);
      to += some;
      size -= some;
    }
    return 0;
  }
  bool is_at_end() const noexcept { return left_ == 0; }

 private:
  Cursor cursor_;
  MDB_cursor_op operation_ = MDB_SET_KEY;
  std::uint64_t number_;
  std::uint64_t left_;
  std::string_view rest_;
};

bool unpack(const Conversion& conversion, std::string_view packed, char* to, std::size_t size) {
  std::string plain(size, '\0');
  if (!conversion.unpack || !conversion.unpack(packed, plain)) return false;
  std::memcpy(to, plain.data(), size);
  return true;
}

EntryParts parts_of(const IndexRecord& record, const Hash128& id, std::string_view identity) noexcept {
  EntryParts parts;
  parts.id = id;
  parts.identity = identity;
  parts.key = record.key;
  parts.upstream = record.upstream;
  parts.type = record.type;
  parts.tag_hashes = record.tags;
  parts.meta = record.meta;
  parts.compressed = record.compressed;
  parts.cost = record.cost;
  parts.hits = record.hits;
  parts.fetches = record.fetches;
  parts.generation = record.generation;
  return parts;
}

}  // namespace

std::uint64_t chunk_count(const IndexRecord& record) noexcept { return (record.content_size() + kChunk - 1) / kChunk; }

int check_content(MDB_txn* txn, unsigned chunks, const IndexRecord& record) {
  ContentReader content{txn, chunks, record};
  Hasher hasher;
  while (!content.is_at_end()) {
    std::string_view chunk;
    if (const int code = content.next(chunk)) return code;
    hasher.add(chunk);
  }
  return hasher.digest() == record.content_hash ? 0 : kSpoilt;
}

int read_content(MDB_txn* txn, unsigned chunks, const IndexRecord& record, const Wanted& wanted, EntryPtr& found) {
  if (!record.packed && record.plain_size != record.body_size) return kSpoilt;
  ContentReader content{txn, chunks, record};
  std::string front(sizeof(Hash128) + record.identity_size, '\0');
  int code = content.copy(front.data(), front.size());
  if (code != 0) return code;
  const auto identity = std::string_view{front}.substr(sizeof(Hash128));
  if (!wanted.identity.empty() && wanted.identity != identity) {
    code = check_content(txn, chunks, record);
    return code == 0 ? MDB_NOTFOUND : code;
  }
  char* head = nullptr;
  EntryPtr entry = make_entry(parts_of(record, wanted.id, identity), record.head_size, record.plain_size, head);
  if (!entry) return MDB_NOTFOUND;
  if ((code = content.copy(head, record.head_size)) != 0) return code;
  std::string packed(record.packed ? record.body_size : 0, '\0');
  char* const plain = head + record.head_size;
  char* const body = record.packed ? packed.data() : plain;
  if ((code = content.copy(body, record.body_size)) != 0) return code;
  if (wanted.check) {
    Hasher hasher;
    hasher.add(front);
    hasher.add({head, record.head_size});
    hasher.add({body, record.body_size});
    if (hasher.digest() != record.content_hash) return kSpoilt;
  }
  if (record.packed && !unpack(wanted.conversion, packed, plain, record.plain_size)) return kSpoilt;
  found = std::move(entry);
  return 0;
}

std::string ban_key(std::uint32_t generation) {
  const std::uint32_t big_endian = __builtin_bswap32(generation);
  return {reinterpret_cast<const char*>(&big_endian), sizeof big_endian};
}

std::string encode_ban(const Ban& ban) {
  std::string bytes;
  bytes += static_cast<char>(ban.what.kind);
  bytes += ban.what.soft ? '\1' : '\0';
  return with_checksum(bytes + ban.what.text);
}

std::optional<Ban> decode_ban(std::string_view key, std::string_view bytes) {
  const auto checked = checked_state(bytes);
  std::uint32_t generation = 0;
  if (!checked || checked->size() < 2 || key.size() != sizeof generation) return std::nullopt;
  const auto kind = static_cast<std::uint8_t>((*checked)[0]);
  if (kind > static_cast<std::uint8_t>(Invalidation::Kind::key_family)) return std::nullopt;
  std::memcpy(&generation, key.data(), sizeof generation);
  const Invalidation what{static_cast<Invalidation::Kind>(kind), std::string{checked->substr(2)}, (*checked)[1] != 0};
  return make_ban(__builtin_bswap32(generation), what);
}

std::string with_checksum(std::string_view bytes) {
  const std::uint64_t sum = XXH3_64bits(bytes.data(), bytes.size());
  std::string out{reinterpret_cast<const char*>(&sum), kSumSize};
  return out.append(bytes);
}

std::optional<std::string_view> checked_state(std::string_view bytes) noexcept {
  std::uint64_t sum = 0;
  if (bytes.size() < kSumSize) return std::nullopt;
  std::memcpy(&sum, bytes.data(), kSumSize);
  const auto rest = bytes.substr(kSumSize);
  if (sum != XXH3_64bits(rest.data(), rest.size())) return std::nullopt;
  return rest;
}

}  // namespace cachearr::store
