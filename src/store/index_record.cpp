#include "store/index_record.hpp"

#include <cstring>
#include <type_traits>
#include <xxhash.h>

namespace cachearr::store {
namespace {

static_assert(sizeof(EntryMeta) == 64 && std::is_trivially_copyable_v<EntryMeta>,
              "a change of EntryMeta needs a new kFormat");

constexpr std::size_t kChecksumSize = 8;
constexpr std::size_t kMaxSize = 128 * 1024;  // more than all its parts can have
constexpr std::uint8_t kCompressed = 1;
constexpr std::uint8_t kPacked = 2;

std::uint64_t checksum(std::string_view rest, const Hash128& id) noexcept {
  return XXH3_64bits_withSeed(rest.data(), rest.size(), id.low ^ (id.high << 1));
}

template <class T>
void append(std::string& out, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// Reads values from the front of bytes; once they run out, everything is zero and `good` is false.
struct Reader {
  std::string_view rest;
  bool good = true;

  std::string_view take(std::size_t size) noexcept {
    if (rest.size() < size) return good = false, std::string_view{};
    const auto taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  }
  template <class T>
  void read(T& value) noexcept {
    const auto bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
  }
};

}  // namespace

IndexRecord index_record_of(const Entry& entry) {
  IndexRecord record;
  record.body_size = record.plain_size = entry.body().size();
  record.meta = entry.meta;
  record.cost = entry.cost();
  record.head_size = static_cast<std::uint32_t>(entry.head().size());
  record.generation = entry.generation();
  record.hits = entry.hits();
  record.fetches = entry.fetches();
  record.identity_size = static_cast<std::uint16_t>(entry.identity().size());
  record.compressed = entry.compressed();
  record.tags.assign(entry.tags().begin(), entry.tags().end());
  record.key = entry.key();
  record.upstream = entry.upstream();
  record.type = entry.type();
  return record;
}

std::string encode(const IndexRecord& record, const Hash128& id) {
  std::string out(kChecksumSize, '\0');
  for (const auto value : {record.first_chunk, record.content_hash, record.body_size, record.plain_size})
    append(out, value);
  append(out, record.meta);
  for (const auto value : {record.cost.milliseconds, record.cost.bytes, record.cost.quota_units}) append(out, value);
  for (const auto value : {record.head_size, record.generation, record.hits, record.fetches}) append(out, value);
  append(out, record.identity_size);
  append(out, static_cast<std::uint16_t>(record.key.size()));
  append(out, static_cast<std::uint8_t>(record.upstream.size()));
  append(out, static_cast<std::uint8_t>(record.type.size()));
  append(out, static_cast<std::uint8_t>(record.tags.size()));
  append(out, static_cast<std::uint8_t>((record.compressed ? kCompressed : 0) | (record.packed ? kPacked : 0)));
  for (const auto tag : record.tags) append(out, tag);
  out.append(record.key).append(record.upstream).append(record.type);
  const std::uint64_t sum = checksum(std::string_view{out}.substr(kChecksumSize), id);
  std::memcpy(out.data(), &sum, sizeof sum);
  return out;
}

bool decode(std::string_view bytes, const Hash128& id, IndexRecord& into) {
  if (bytes.size() > kMaxSize) return false;  // a damaged page may claim anything
  Reader reader{bytes};
  std::uint64_t sum = 0;
  reader.read(sum);
  return reader.good && sum == checksum(reader.rest, id) && decode_whole(bytes, into);
}

bool decode_whole(std::string_view bytes, IndexRecord& into) {
  Reader reader{bytes};
  std::uint64_t sum = 0;
  reader.read(sum);
  std::uint16_t key_size = 0;
  std::uint8_t upstream_size = 0, type_size = 0, tag_count = 0, bits = 0;
  for (auto* value : {&into.first_chunk, &into.content_hash, &into.body_size, &into.plain_size}) reader.read(*value);
  reader.read(into.meta);
  for (auto* value : {&into.cost.milliseconds, &into.cost.bytes, &into.cost.quota_units}) reader.read(*value);
  for (auto* value : {&into.head_size, &into.generation, &into.hits, &into.fetches}) reader.read(*value);
  reader.read(into.identity_size);
  reader.read(key_size);
  for (auto* value : {&upstream_size, &type_size, &tag_count, &bits}) reader.read(*value);
  into.compressed = (bits & kCompressed) != 0;
  into.packed = (bits & kPacked) != 0;
  into.tags.resize(tag_count);
  for (auto& tag : into.tags) reader.read(tag);
  into.key = reader.take(key_size);
  into.upstream = reader.take(upstream_size);
  into.type = reader.take(type_size);
  return reader.good;
}

}  // namespace cachearr::store
