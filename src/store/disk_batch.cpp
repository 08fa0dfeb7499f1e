// What the writer of the disk tier does within one transaction.
#include <algorithm>
#include <array>
#include <utility>

#include "store/disk_file.hpp"
#include "store/disk_record.hpp"
#include "store/lmdb_codes.hpp"

namespace cachearr::store {

int DiskBatch::put(const Entry& entry, const EntryMeta& meta, std::uint32_t generation, const Conversion& conversion) {
  IndexRecord record = index_record_of(entry);
  record.meta = meta;
  record.generation = generation;
  const std::string packed = conversion.pack ? conversion.pack(entry) : std::string{};
  record.packed = !packed.empty();
  const std::string_view body = record.packed ? std::string_view{packed} : entry.body();
  record.body_size = body.size();
  record.first_chunk = file_.next_chunk_;
  if (const int failed = append_content(entry, body, record.content_hash)) return failed;
  const std::string bytes = encode(record, entry.id());
  IdKey key{entry.id()};
  MDB_val name = key.val();
  MDB_val data = val(bytes);
  // Nearly always there is none yet, and one walk down the tree does.
  int code = mdb_put(txn_, file_.names_.records, &name, &data, MDB_NOOVERWRITE);
  if (code != MDB_KEYEXIST) return code;
  IndexRecord replaced;
  if (decode(view(data), entry.id(), replaced) && (code = erase_chunks(replaced)) != 0) return code;
  data = val(bytes);
  return mdb_put(txn_, file_.names_.records, &name, &data, 0);
}

int DiskBatch::append_content(const Entry& entry, std::string_view body, std::uint64_t& hash) {
  IdKey id{entry.id()};
  std::array<std::string_view, 4> parts{view(id.val()), entry.identity(), entry.head(), body};
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
    MDB_val space{std::min(left, kChunk), nullptr};
    const int code = mdb_put(txn_, file_.names_.chunks, &key, &space, MDB_RESERVE | MDB_APPEND);
    if (code != 0) return code;
    auto* to = static_cast<char*>(space.mv_data);
    for (std::size_t size = space.mv_size; size > 0;) {
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
    left -= space.mv_size;
    ++file_.next_chunk_;
  }
  return 0;
}

int DiskBatch::erase(const Hash128& id) {
  IdKey key{id};
  MDB_val name = key.val();
  MDB_val data;
  int code = mdb_get(txn_, file_.names_.records, &name, &data);
  if (code != 0) return code;
  IndexRecord record;
  // The chunks of a damaged record cannot be found; reclaim() erases them.
  if (decode(view(data), id, record) && (code = erase_chunks(record)) != 0) return code;
  return mdb_del(txn_, file_.names_.records, &name, nullptr);
}

int DiskBatch::erase_chunks(const IndexRecord& record) {
  const std::uint64_t end = record.first_chunk + chunk_count(record);
  for (std::uint64_t number = record.first_chunk; number < end; ++number) {
    if (const int code = erase_chunk(number)) return code;
  }
  return 0;
}

int DiskBatch::erase_chunk(std::uint64_t number) {
  MDB_val key{sizeof number, &number};
  const int code = mdb_del(txn_, file_.names_.chunks, &key, nullptr);
  return code == MDB_NOTFOUND ? 0 : code;
}

int DiskBatch::erase(IdPrefix prefix) {
  std::vector<Hash128> ids;
  {
    Cursor cursor{txn_, file_.names_.records};
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

int DiskBatch::amend(const Hash128& id, const std::function<void(IndexRecord&)>& change) {
  IdKey key{id};
  MDB_val name = key.val();
  MDB_val data;
  const int code = mdb_get(txn_, file_.names_.records, &name, &data);
  if (code != 0) return code == MDB_NOTFOUND ? 0 : code;
  const std::string before{view(data)};
  IndexRecord record;
  if (!decode(before, id, record)) return 0;
  change(record);
  const std::string after = encode(record, id);
  MDB_val changed = val(after);
  return mdb_put(txn_, file_.names_.records, &name, &changed, 0);
}

int DiskBatch::reclaim(std::size_t count, const std::function<bool(const Hash128&, const IndexRecord&)>& spare) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t number = 0;
    Hash128 id;
    IndexRecord record;
    std::string bytes;
    int code = oldest(number, id, bytes);
    if (code != 0) return code;
    if (!decode(bytes, id, record) || record.first_chunk != number) {
      code = erase_chunk(number);  // its record was damaged
    } else if (spare(id, record)) {
      code = move_to_end(id, record);
    } else {
      code = erase(id);
    }
    if (code != 0) return code;
  }
  return 0;
}

/// The first chunk there is, the id whose content it begins, and that id's index record, empty where there is none.
int DiskBatch::oldest(std::uint64_t& number, Hash128& id, std::string& record) {
  Cursor cursor{txn_, file_.names_.chunks};
  MDB_val key;
  MDB_val data;
  int code = cursor.get(key, data, MDB_FIRST);
  if (code != 0) return code;
  if (key.mv_size != sizeof number) return MDB_CORRUPTED;
  std::memcpy(&number, key.mv_data, sizeof number);
  if (data.mv_size < sizeof id) return 0;
  id = IdKey::id_of(data);
  IdKey name{id};
  MDB_val name_key = name.val();
  code = mdb_get(txn_, file_.names_.records, &name_key, &data);
  if (code == 0) record.assign(view(data));
  return code == MDB_NOTFOUND ? 0 : code;
}

int DiskBatch::move_to_end(const Hash128& id, IndexRecord& record) {
  const std::uint64_t first = std::exchange(record.first_chunk, file_.next_chunk_);
  const std::uint64_t end = first + chunk_count(record);
  std::string chunk;
  for (std::uint64_t number = first; number < end; ++number) {
    MDB_val key{sizeof number, &number};
    MDB_val data;
    int code = mdb_get(txn_, file_.names_.chunks, &key, &data);
    // An incomplete record is not worth moving; its readers would drop it.
    if (code == MDB_NOTFOUND) continue;
    if (code != 0) return code;
    chunk.assign(view(data));
    if ((code = erase_chunk(number)) != 0) return code;
    MDB_val moved{sizeof file_.next_chunk_, &file_.next_chunk_};
    data = val(chunk);
    if ((code = mdb_put(txn_, file_.names_.chunks, &moved, &data, MDB_APPEND)) != 0) return code;
    ++file_.next_chunk_;
  }
  const std::string bytes = encode(record, id);
  IdKey name{id};
  MDB_val key = name.val();
  MDB_val data = val(bytes);
  return mdb_put(txn_, file_.names_.records, &key, &data, 0);
}

int DiskBatch::put_ban(const Ban& ban) {
  const std::string name = ban_key(ban.generation);
  const std::string bytes = encode_ban(ban);
  MDB_val key = val(name);
  MDB_val data = val(bytes);
  const int code = mdb_put(txn_, file_.names_.bans, &key, &data, 0);
  return code != 0 ? code : put_generation(ban.generation);
}

int DiskBatch::drop_bans(std::uint32_t up_to) {
  Cursor cursor{txn_, file_.names_.bans};
  MDB_val key;
  MDB_val data;
  std::vector<std::string> names;
  const std::string last = ban_key(up_to);
  int code = 0;
  for (code = cursor.get(key, data, MDB_FIRST); code == 0 && view(key) <= last;
       code = cursor.get(key, data, MDB_NEXT)) {
    names.emplace_back(view(key));
  }
  if (code != 0 && code != MDB_NOTFOUND) return code;
  for (const auto& name : names) {
    MDB_val dead = val(name);
    if ((code = mdb_del(txn_, file_.names_.bans, &dead, nullptr)) != 0) return code;
  }
  return 0;
}

int DiskBatch::put_state(std::string_view name, std::string_view bytes) {
  const std::string checked = with_checksum(bytes);
  MDB_val key = val(name);
  MDB_val data = val(checked);
  return mdb_put(txn_, file_.names_.state, &key, &data, 0);
}

}  // namespace cachearr::store
