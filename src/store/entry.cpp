#include "store/entry.hpp"

#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>

namespace cachearr::store {
namespace {

constexpr std::size_t kMaxName = 65535;
constexpr std::size_t kMaxHead = (1U << 24) - 1;
constexpr std::size_t kMaxBody = (std::uint64_t{1} << 39) - 1;
constexpr std::size_t kMaxShort = 255;
// glibc keeps one word of its own before each block.
constexpr std::size_t kBlockHeader = sizeof(std::size_t);

char* append(char* to, std::string_view text) noexcept {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

std::size_t total(std::span<const std::string_view> pieces) noexcept {
  std::size_t sum = 0;
  for (const auto& piece : pieces) sum += piece.size();
  return sum;
}

bool fits(const EntryParts& parts, std::size_t head_size, std::size_t body_size) noexcept {
  return parts.identity.size() <= kMaxName && parts.key.size() <= kMaxName && head_size <= kMaxHead &&
         body_size <= kMaxBody && parts.upstream.size() <= kMaxShort && parts.type.size() <= kMaxShort &&
         parts.tags.size() + parts.tag_hashes.size() <= kMaxShort;
}

}  // namespace

EntryPtr make_entry(const EntryParts& parts) {
  char* to = nullptr;
  EntryPtr entry = make_entry(parts, parts.head.size(), total(parts.body), to);
  if (!entry) return entry;
  to = append(to, parts.head);
  for (const auto& piece : parts.body) to = append(to, piece);
  return entry;
}

EntryPtr make_entry(const EntryParts& parts, std::size_t head_size, std::size_t body_size, char*& content) {
  if (!fits(parts, head_size, body_size)) return {};
  // Keys are made part of the identity as they are, so the second copy can nearly always be saved.
  const auto inside = parts.identity.rfind(parts.key);
  const std::string_view own_key = inside == std::string_view::npos ? parts.key : std::string_view{};
  const std::size_t tag_bytes = (parts.tags.size() + parts.tag_hashes.size()) * sizeof(std::uint64_t);
  const std::size_t size = sizeof(Entry) + tag_bytes + parts.identity.size() + own_key.size() + parts.upstream.size() +
                           parts.type.size() + head_size + body_size;
  void* block = std::malloc(size);
  if (block == nullptr) return {};

  auto* entry = new (block) Entry;
  entry->meta = parts.meta;
  entry->id_ = parts.id;
  entry->cost_ = parts.cost;
  entry->hits_.store(parts.hits, std::memory_order_relaxed);
  entry->fetches_.store(parts.fetches, std::memory_order_relaxed);
  entry->generation_.store(parts.generation, std::memory_order_relaxed);
  entry->body_size_ = body_size & kMaxBody;
  entry->compressed_ = parts.compressed ? 1 : 0;
  entry->head_size_ = head_size & kMaxHead;
  entry->identity_size_ = static_cast<std::uint16_t>(parts.identity.size());
  entry->key_at_ = static_cast<std::uint16_t>(inside == std::string_view::npos ? parts.identity.size() : inside);
  entry->key_size_ = static_cast<std::uint16_t>(parts.key.size());
  entry->upstream_size_ = static_cast<std::uint8_t>(parts.upstream.size());
  entry->type_size_ = static_cast<std::uint8_t>(parts.type.size());
  entry->tag_count_ = static_cast<std::uint8_t>(parts.tags.size() + parts.tag_hashes.size());

  auto* to = reinterpret_cast<char*>(entry + 1);
  for (const auto& tag : parts.tags) {
    const std::uint64_t hash = hash128(tag).low;
    std::memcpy(to, &hash, sizeof hash);
    to += sizeof hash;
  }
  to = append(to, {reinterpret_cast<const char*>(parts.tag_hashes.data()), parts.tag_hashes.size_bytes()});
  for (const auto& text : {parts.identity, own_key, parts.upstream, parts.type}) to = append(to, text);
  content = to;
  return EntryPtr::adopt(entry);
}

EntryPtr with_meta(const Entry& entry, const EntryMeta& meta) {
  const auto* end = entry.body().data() + entry.body().size();
  const auto tail = static_cast<std::size_t>(end - reinterpret_cast<const char*>(&entry + 1));
  void* block = std::malloc(sizeof(Entry) + tail);
  if (block == nullptr) return {};
  auto* copy = new (block) Entry;
  copy->meta = meta;
  copy->id_ = entry.id_;
  copy->cost_ = entry.cost_;
  copy->hits_.store(entry.hits(), std::memory_order_relaxed);
  copy->fetches_.store(entry.fetches(), std::memory_order_relaxed);
  copy->generation_.store(entry.generation(), std::memory_order_relaxed);
  copy->body_size_ = entry.body_size_;
  copy->compressed_ = entry.compressed_;
  copy->head_size_ = entry.head_size_;
  copy->identity_size_ = entry.identity_size_;
  copy->key_at_ = entry.key_at_;
  copy->key_size_ = entry.key_size_;
  copy->upstream_size_ = entry.upstream_size_;
  copy->type_size_ = entry.type_size_;
  copy->tag_count_ = entry.tag_count_;
  std::memcpy(static_cast<void*>(copy + 1), static_cast<const void*>(&entry + 1), tail);
  return EntryPtr::adopt(copy);
}

void Entry::destroy(const Entry* entry) noexcept {
  entry->~Entry();
  std::free(const_cast<Entry*>(entry));
}

std::size_t Entry::footprint() const noexcept { return malloc_usable_size(const_cast<Entry*>(this)) + kBlockHeader; }

}  // namespace cachearr::store
