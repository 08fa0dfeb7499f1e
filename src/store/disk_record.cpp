#include "store/disk_record.hpp"

#include <algorithm>
#include <utility>
#include <vector>
#include <xxhash.h>

#include "store/lmdb_codes.hpp"

namespace cachearr::store {
namespace {

constexpr std::size_t kSumSize = 8;

/// The pieces of a record as they lie in the file; valid as long as the transaction.
struct Pieces {
  std::string front;                   // id, identity and head
  std::vector<std::string_view> body;  // the rest
};

int gather(MDB_txn* txn, MDB_dbi chunks, const IndexRecord& record, Pieces& pieces) {
  Cursor cursor{txn, chunks};
  std::uint64_t number = record.first_chunk;
  MDB_val key{sizeof number, &number};
  MDB_val data;
  const std::size_t front = sizeof(Hash128) + record.identity_size + record.head_size;
  std::uint64_t left = record.content_size();
  pieces.front.reserve(front);
  pieces.body.reserve(chunk_count(record));
  Hasher hasher;
  for (auto operation = MDB_SET_KEY; left > 0; operation = MDB_NEXT, ++number) {
    const int code = cursor.get(key, data, operation);
    if (code != 0) return code == MDB_NOTFOUND ? kSpoilt : code;
    std::uint64_t found = 0;
    if (key.mv_size != sizeof found) return MDB_CORRUPTED;
    std::memcpy(&found, key.mv_data, sizeof found);
    auto piece = view(data);
    if (found != number || piece.size() != std::min<std::uint64_t>(left, kChunk)) return kSpoilt;
    hasher.add(piece);
    left -= piece.size();
    const auto to_front = std::min(piece.size(), front - pieces.front.size());
    pieces.front.append(piece.substr(0, to_front));
    piece.remove_prefix(to_front);
    if (!piece.empty()) pieces.body.push_back(piece);
  }
  return hasher.digest() == record.content_hash ? 0 : kSpoilt;
}

bool unpack(const IndexRecord& record, const Conversion& conversion, Pieces& pieces, std::string& plain) {
  std::string packed;
  packed.reserve(record.body_size);
  for (const auto piece : pieces.body) packed.append(piece);
  plain.resize(record.plain_size);
  if (!conversion.unpack || !conversion.unpack(packed, plain)) return false;
  pieces.body.assign(1, plain);
  return true;
}

}  // namespace

std::uint64_t chunk_count(const IndexRecord& record) noexcept { return (record.content_size() + kChunk - 1) / kChunk; }

int check_content(MDB_txn* txn, unsigned chunks, const IndexRecord& record) {
  Pieces pieces;
  return gather(txn, chunks, record, pieces);
}

int read_content(MDB_txn* txn, unsigned chunks, const IndexRecord& record, const Wanted& wanted, EntryPtr& found) {
  Pieces pieces;
  const int code = gather(txn, chunks, record, pieces);
  if (code != 0) return code;
  const auto identity = std::string_view{pieces.front}.substr(sizeof(Hash128), record.identity_size);
  if (!wanted.identity.empty() && wanted.identity != identity) return MDB_NOTFOUND;
  std::string plain;
  if (record.packed && !unpack(record, wanted.conversion, pieces, plain)) return kSpoilt;

  EntryParts parts;
  parts.id = wanted.id;
  parts.identity = identity;
  parts.key = record.key;
  parts.upstream = record.upstream;
  parts.type = record.type;
  parts.tag_hashes = record.tags;
  parts.head = std::string_view{pieces.front}.substr(sizeof(Hash128) + record.identity_size);
  parts.body = pieces.body;
  parts.meta = record.meta;
  parts.compressed = record.compressed;
  parts.cost = record.cost;
  parts.hits = record.hits;
  parts.fetches = record.fetches;
  parts.generation = record.generation;
  found = make_entry(parts);
  return found ? 0 : MDB_NOTFOUND;
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
  if (kind > static_cast<std::uint8_t>(Invalidation::Kind::all)) return std::nullopt;
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
