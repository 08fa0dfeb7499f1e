#include "store/disk_record.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>
#include <xxhash.h>

#include "store/lmdb_codes.hpp"

namespace cachearr::store {
namespace {

constexpr std::size_t kSumSize = 8;

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

/// The pieces of a record as they lie in the file; valid as long as the transaction.
struct Pieces {
  std::string front;                   // identity and head
  std::vector<std::string_view> body;  // the rest
};

int gather(MDB_txn* txn, MDB_dbi chunks, const Card& card, Pieces& pieces) {
  Cursor cursor{txn, chunks};
  std::uint64_t number = card.first_chunk;
  MDB_val key{sizeof number, &number};
  MDB_val data;
  const std::size_t front = std::size_t{card.identity_size} + card.head_size;
  std::uint64_t left = card.record_size();
  pieces.front.reserve(front);
  pieces.body.reserve(chunk_count(card));
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
  return hasher.digest() == card.record_hash ? 0 : kSpoilt;
}

bool unpack(const Card& card, const Conversion& conversion, Pieces& pieces, std::string& plain) {
  std::string packed;
  packed.reserve(card.body_size);
  for (const auto piece : pieces.body) packed.append(piece);
  plain.resize(card.plain_size);
  if (!conversion.unpack || !conversion.unpack(packed, plain)) return false;
  pieces.body.assign(1, plain);
  return true;
}

}  // namespace

std::uint64_t chunk_count(const Card& card) noexcept { return (card.record_size() + kChunk - 1) / kChunk; }

int read_record(MDB_txn* txn, unsigned chunks, const Card& card, const Wanted& wanted, EntryPtr& found) {
  Pieces pieces;
  const int code = gather(txn, chunks, card, pieces);
  if (code != 0) return code;
  const auto identity = std::string_view{pieces.front}.substr(0, card.identity_size);
  if (!wanted.identity.empty() && wanted.identity != identity) return MDB_NOTFOUND;
  std::string plain;
  if (card.packed && !unpack(card, wanted.conversion, pieces, plain)) return kSpoilt;

  EntryParts parts;
  parts.id = wanted.id;
  parts.identity = identity;
  parts.key = card.key;
  parts.upstream = card.upstream;
  parts.type = card.type;
  parts.tag_hashes = card.tags;
  parts.head = std::string_view{pieces.front}.substr(card.identity_size);
  parts.body = pieces.body;
  parts.meta = card.meta;
  if (wanted.conversion.label) parts.meta.label = wanted.conversion.label(card.type, card.upstream);
  parts.compressed = card.compressed;
  parts.hits = card.hits;
  parts.generation = card.generation;
  found = make_entry(parts);
  return found ? 0 : MDB_NOTFOUND;
}

int DiskBatch::put(const Entry& entry, const EntryMeta& meta, std::uint32_t generation, const Conversion& conversion) {
  int code = erase(entry.id());
  if (code != 0 && code != MDB_NOTFOUND) return code;
  Card card = card_of(entry);
  card.meta = meta;
  card.generation = generation;
  const std::string packed = conversion.pack ? conversion.pack(entry) : std::string{};
  card.packed = !packed.empty();
  const std::string_view body = card.packed ? std::string_view{packed} : entry.body();
  card.body_size = body.size();
  card.first_chunk = file_.next_chunk_;
  if ((code = append_record(entry, body, card.record_hash)) != 0) return code;
  const std::string bytes = encode(card, entry.id());
  IdKey key{entry.id()};
  MDB_val name = key.val();
  MDB_val data = val(bytes);
  return mdb_put(txn_, file_.names_.cards, &name, &data, 0);
}

int DiskBatch::append_record(const Entry& entry, std::string_view body, std::uint64_t& hash) {
  std::array<std::string_view, 3> parts{entry.identity(), entry.head(), body};
  Hasher hasher;
  std::size_t left = 0;
  for (const auto part : parts) {
    left += part.size();
    hasher.add(part);
  }
  hash = hasher.digest();
  auto* part = parts.data();
  while (left > 0) {
    MDB_val key{sizeof file_.next_chunk_, &file_.next_chunk_};
    MDB_val room{std::min(left, kChunk), nullptr};
    const int code = mdb_put(txn_, file_.names_.chunks, &key, &room, MDB_RESERVE | MDB_APPEND);
    if (code != 0) return code;
    auto* to = static_cast<char*>(room.mv_data);
    for (std::size_t size = room.mv_size; size > 0;) {
      const auto some = std::min(size, part->size());
      if (some == 0) {
        ++part;
        continue;
      }
      std::memcpy(to, part->data(), some);
      part->remove_prefix(some);
      to += some;
      size -= some;
    }
    left -= room.mv_size;
    ++file_.next_chunk_;
  }
  return 0;
}

int DiskBatch::erase(const Hash128& id) {
  IdKey key{id};
  MDB_val name = key.val();
  MDB_val data;
  int code = mdb_get(txn_, file_.names_.cards, &name, &data);
  if (code != 0) return code;
  Card card;
  // The chunks of a damaged card are nobody's any more; they stay until the file is made anew.
  if (decode(view(data), id, card) && (code = erase_chunks(card)) != 0) return code;
  return mdb_del(txn_, file_.names_.cards, &name, nullptr);
}

int DiskBatch::erase_chunks(const Card& card) {
  const std::uint64_t end = card.first_chunk + chunk_count(card);
  for (std::uint64_t number = card.first_chunk; number < end; ++number) {
    MDB_val key{sizeof number, &number};
    const int code = mdb_del(txn_, file_.names_.chunks, &key, nullptr);
    if (code != 0 && code != MDB_NOTFOUND) return code;
  }
  return 0;
}

int DiskBatch::erase(IdPrefix prefix) {
  std::vector<Hash128> ids;
  {
    Cursor cursor{txn_, file_.names_.cards};
    IdKey first{{0, prefix.bits}};
    MDB_val key = first.val();
    MDB_val data;
    int code = cursor.get(key, data, MDB_SET_RANGE);
    for (; code == 0 && key.mv_size == 16 && prefix.begins(IdKey::id_of(key)); code = cursor.get(key, data, MDB_NEXT)) {
      ids.push_back(IdKey::id_of(key));
    }
    if (code != 0 && code != MDB_NOTFOUND) return code;
  }
  for (const auto& id : ids) {
    const int code = erase(id);
    if (code != 0 && code != MDB_NOTFOUND) return code;
  }
  return 0;
}

int DiskBatch::amend(const Hash128& id, const std::function<void(Card&)>& change) {
  IdKey key{id};
  MDB_val name = key.val();
  MDB_val data;
  const int code = mdb_get(txn_, file_.names_.cards, &name, &data);
  if (code != 0) return code == MDB_NOTFOUND ? 0 : code;
  const std::string before{view(data)};
  Card card;
  if (!decode(before, id, card)) return 0;
  change(card);
  const std::string after = encode(card, id);
  MDB_val changed = val(after);
  return mdb_put(txn_, file_.names_.cards, &name, &changed, 0);
}

int DiskBatch::put_rule(const Invalidation& rule) {
  const std::string name = rule_key(rule.generation);
  const std::string bytes = encode_rule(rule);
  MDB_val key = val(name);
  MDB_val data = val(bytes);
  const int code = mdb_put(txn_, file_.names_.rules, &key, &data, 0);
  return code != 0 ? code : put_generation(rule.generation);
}

int DiskBatch::drop_rules(std::uint32_t up_to) {
  Cursor cursor{txn_, file_.names_.rules};
  MDB_val key;
  MDB_val data;
  std::vector<std::string> names;
  const std::string last = rule_key(up_to);
  int code = 0;
  for (code = cursor.get(key, data, MDB_FIRST); code == 0 && view(key) <= last;
       code = cursor.get(key, data, MDB_NEXT)) {
    names.emplace_back(view(key));
  }
  if (code != 0 && code != MDB_NOTFOUND) return code;
  for (const auto& name : names) {
    MDB_val dead = val(name);
    if ((code = mdb_del(txn_, file_.names_.rules, &dead, nullptr)) != 0) return code;
  }
  return 0;
}

int DiskBatch::put_state(std::string_view name, std::string_view bytes) {
  const std::string checked = with_checksum(bytes);
  MDB_val key = val(name);
  MDB_val data = val(checked);
  return mdb_put(txn_, file_.names_.state, &key, &data, 0);
}

std::string rule_key(std::uint32_t generation) {
  const std::uint32_t big_endian = __builtin_bswap32(generation);
  return {reinterpret_cast<const char*>(&big_endian), sizeof big_endian};
}

std::string encode_rule(const Invalidation& rule) {
  std::string bytes;
  bytes += static_cast<char>(rule.selector.kind);
  bytes += rule.selector.soft ? '\1' : '\0';
  return with_checksum(bytes + rule.selector.text);
}

std::optional<Invalidation> decode_rule(std::string_view key, std::string_view bytes) {
  const auto checked = checked_state(bytes);
  std::uint32_t generation = 0;
  if (!checked || checked->size() < 2 || key.size() != sizeof generation) return std::nullopt;
  const auto kind = static_cast<std::uint8_t>((*checked)[0]);
  if (kind > static_cast<std::uint8_t>(Selector::Kind::all)) return std::nullopt;
  std::memcpy(&generation, key.data(), sizeof generation);
  const Selector selector{static_cast<Selector::Kind>(kind), std::string{checked->substr(2)}, (*checked)[1] != 0};
  return make_invalidation(__builtin_bswap32(generation), selector);
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
