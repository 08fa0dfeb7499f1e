#include "store/card.hpp"

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

Card card_of(const Entry& entry) {
  Card card;
  card.body_size = card.plain_size = entry.body().size();
  card.meta = entry.meta;
  card.head_size = static_cast<std::uint32_t>(entry.head().size());
  card.generation = entry.generation();
  card.hits = entry.hits();
  card.identity_size = static_cast<std::uint16_t>(entry.identity().size());
  card.compressed = entry.compressed();
  card.tags.assign(entry.tags().begin(), entry.tags().end());
  card.key = entry.key();
  card.upstream = entry.upstream();
  card.type = entry.type();
  return card;
}

std::string encode(const Card& card, const Hash128& id) {
  std::string out(kChecksumSize, '\0');
  for (const auto value : {card.first_chunk, card.record_hash, card.body_size, card.plain_size}) append(out, value);
  append(out, card.meta);
  for (const auto value : {card.head_size, card.generation, card.hits}) append(out, value);
  append(out, card.identity_size);
  append(out, static_cast<std::uint16_t>(card.key.size()));
  append(out, static_cast<std::uint8_t>(card.upstream.size()));
  append(out, static_cast<std::uint8_t>(card.type.size()));
  append(out, static_cast<std::uint8_t>(card.tags.size()));
  append(out, static_cast<std::uint8_t>((card.compressed ? kCompressed : 0) | (card.packed ? kPacked : 0)));
  for (const auto tag : card.tags) append(out, tag);
  out.append(card.key).append(card.upstream).append(card.type);
  const std::uint64_t sum = checksum(std::string_view{out}.substr(kChecksumSize), id);
  std::memcpy(out.data(), &sum, sizeof sum);
  return out;
}

bool decode(std::string_view bytes, const Hash128& id, Card& into) {
  if (bytes.size() > kMaxSize) return false;  // a damaged page may claim anything
  Reader reader{bytes};
  std::uint64_t sum = 0;
  reader.read(sum);
  if (!reader.good || sum != checksum(reader.rest, id)) return false;
  std::uint16_t key_size = 0;
  std::uint8_t upstream_size = 0, type_size = 0, tag_count = 0, bits = 0;
  for (auto* value : {&into.first_chunk, &into.record_hash, &into.body_size, &into.plain_size}) reader.read(*value);
  reader.read(into.meta);
  for (auto* value : {&into.head_size, &into.generation, &into.hits}) reader.read(*value);
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
