// A stored response: immutable, reference-counted, one allocation. Made once, shared by every thread that serves it.
//
// The layout of the one block is [Entry][tag hashes][identity][key][upstream][type][head][body]; the key is left out
// where the identity already contains it. What a client can see never changes after make_entry; the counters are
// relaxed atomics, and the queue links belong to the memory tier's shard that holds the entry, guarded by its lock.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "base/hash.hpp"
#include "caching/entry_meta.hpp"
#include "caching/fetch_cost.hpp"

namespace cachearr::store {

using caching::EntryFlag;
using caching::EntryMeta;
using caching::FetchCost;

class Entry;
/// Intrusive pointer to const Entry; copying costs one atomic increment.
class EntryPtr {
 public:
  EntryPtr() = default;
  EntryPtr(const EntryPtr& other) noexcept;
  EntryPtr(EntryPtr&& other) noexcept : entry_{std::exchange(other.entry_, nullptr)} {}
  EntryPtr& operator=(EntryPtr other) noexcept { return std::swap(entry_, other.entry_), *this; }
  ~EntryPtr();
  explicit operator bool() const noexcept { return entry_ != nullptr; }
  const Entry* operator->() const noexcept { return entry_; }
  const Entry& operator*() const noexcept { return *entry_; }
  const Entry* get() const noexcept { return entry_; }
  /// Nobody else holds one: true only until somebody copies this one.
  bool is_only_one() const noexcept;
  /// Hands its reference to the caller.
  const Entry* release() noexcept { return std::exchange(entry_, nullptr); }
  /// Takes over one reference.
  static EntryPtr adopt(const Entry* entry) noexcept {
    EntryPtr p;
    p.entry_ = entry;
    return p;
  }

 private:
  const Entry* entry_ = nullptr;
};

/// The parts an entry is made from; views that need live only during make_entry.
struct EntryParts {
  Hash128 id;                 // hash of identity
  std::string_view identity;  // everything that distinguishes it: partition, scheme, host, port, key, variant
  std::string_view key;       // what users see and name it by
  std::string_view upstream;  // name, empty: none
  std::string_view type;      // rule's type, empty: none
  std::span<const std::string_view> tags;
  std::span<const std::uint64_t> tag_hashes = {};  // further tags, of which only the hashes are known
  std::string_view head;  // status line and field lines, each ended by CRLF, without the closing empty line
  std::span<const std::string_view> body;  // pieces, concatenated
  EntryMeta meta;
  bool compressed = false;  // the body is one zstd frame of what the origin sent (store/packing.hpp)
  FetchCost cost;
  std::uint32_t hits = 0;  // carried over from an earlier life on disk, or from what it replaces
  /// So many fetches of this identity, its own included; 0: one more than what it replaces in memory had.
  std::uint32_t fetches = 0;
  /// Store::generation() when the answer was asked for; an invalidation since then keeps it out. 0: when it is put.
  std::uint32_t generation = 0;
};

class Entry {
 public:
  EntryMeta meta;

  const Hash128& id() const noexcept { return id_; }
  std::string_view identity() const noexcept;
  std::string_view key() const noexcept;
  std::string_view upstream() const noexcept;
  std::string_view type() const noexcept;
  std::string_view head() const noexcept;
  std::string_view body() const noexcept;
  std::span<const std::uint64_t> tags() const noexcept;  // hash128(tag).low of each tag
  std::string_view etag() const noexcept { return head().substr(meta.etag_at, meta.etag_size); }
  /// All bytes this entry occupies, allocator overhead included.
  std::size_t footprint() const noexcept;

  std::uint32_t hits() const noexcept { return hits_.load(std::memory_order_relaxed); }
  void count_hit() const noexcept { hits_.fetch_add(1, std::memory_order_relaxed); }
  /// How often its upstream was asked since something was first stored under this identity.
  std::uint32_t fetches() const noexcept { return std::max(fetches_.load(std::memory_order_relaxed), 1U); }
  const FetchCost& cost() const noexcept { return cost_; }

  bool compressed() const noexcept { return compressed_ != 0; }
  /// Written to the disk tier.
  bool on_disk() const noexcept { return saved() != 0; }
  /// The invalidations it has outlived (store/ban_list.hpp).
  std::uint32_t generation() const noexcept { return generation_.load(std::memory_order_relaxed); }
  /// Set once, before others see the entry; 0 until then.
  void stamp(std::uint32_t generation) const noexcept { generation_.store(generation, std::memory_order_relaxed); }
  void set_saved(std::uint8_t saved) const noexcept { saved_.store(saved, std::memory_order_relaxed); }
  std::uint8_t saved() const noexcept { return saved_.load(std::memory_order_relaxed); }

  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  friend class EntryPtr;
  friend class MemoryShard;
  friend class MemoryTier;
  friend class QueueList;
  friend class DeferredFree;
  friend EntryPtr make_entry(const EntryParts& parts, std::size_t head_size, std::size_t body_size, char*& content);
  friend EntryPtr with_meta(const Entry& entry, const EntryMeta& meta);
  enum class Place : std::uint8_t { none, claimed, small, main };

  Entry() = default;
  ~Entry() = default;
  static void destroy(const Entry* entry) noexcept;
  const char* texts() const noexcept {
    return reinterpret_cast<const char*>(this + 1) + std::size_t{tag_count_} * sizeof(std::uint64_t);
  }
  std::size_t names_end() const noexcept;
  std::size_t head_at() const noexcept { return names_end() + upstream_size_ + type_size_; }

  Hash128 id_;
  mutable std::atomic<std::uint32_t> references_{1};
  mutable std::atomic<std::uint32_t> hits_{0};
  FetchCost cost_;
  mutable std::atomic<std::uint32_t> fetches_{0};
  std::uint64_t body_size_ : 39 = 0;
  std::uint64_t compressed_ : 1 = 0;
  std::uint64_t head_size_ : 24 = 0;
  std::uint16_t identity_size_ = 0;
  std::uint16_t key_at_ = 0;  // offset inside [identity][key]
  std::uint16_t key_size_ = 0;
  std::uint8_t upstream_size_ = 0;
  std::uint8_t type_size_ = 0;
  mutable std::atomic<std::uint32_t> generation_{0};
  std::uint8_t tag_count_ = 0;
  mutable std::atomic<std::uint8_t> frequency_{0};
  mutable std::atomic<Place> place_{Place::none};
  mutable std::atomic<std::uint8_t> saved_{0};  // 0: not on disk; else 1 + the width of the count of hits written there
  mutable const Entry* older_ = nullptr;
  mutable const Entry* newer_ = nullptr;
};

/// One allocation; null where a part is too large for the format (identity and key 65535 bytes, head 16 MiB, upstream
/// and type 255 bytes, 255 tags) or memory is short.
EntryPtr make_entry(const EntryParts& parts);
/// The same, but head and body are of these sizes and still to be written, one after the other, at `content`.
EntryPtr make_entry(const EntryParts& parts, std::size_t head_size, std::size_t body_size, char*& content);
/// The same response with other metadata: a copy, as entries do not change.
EntryPtr with_meta(const Entry& entry, const EntryMeta& meta);

inline EntryPtr::EntryPtr(const EntryPtr& other) noexcept : entry_{other.entry_} {
  if (entry_ != nullptr) entry_->references_.fetch_add(1, std::memory_order_relaxed);
}
inline bool EntryPtr::is_only_one() const noexcept { return entry_->references_.load(std::memory_order_acquire) == 1; }
inline EntryPtr::~EntryPtr() {
  if (entry_ != nullptr && entry_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) Entry::destroy(entry_);
}
inline std::span<const std::uint64_t> Entry::tags() const noexcept {
  return {reinterpret_cast<const std::uint64_t*>(this + 1), tag_count_};
}
inline std::size_t Entry::names_end() const noexcept {
  const std::size_t key_end = std::size_t{key_at_} + key_size_;
  return key_end > identity_size_ ? key_end : identity_size_;
}
inline std::string_view Entry::identity() const noexcept { return {texts(), identity_size_}; }
inline std::string_view Entry::key() const noexcept { return {texts() + key_at_, key_size_}; }
inline std::string_view Entry::upstream() const noexcept { return {texts() + names_end(), upstream_size_}; }
inline std::string_view Entry::type() const noexcept { return {texts() + names_end() + upstream_size_, type_size_}; }
inline std::string_view Entry::head() const noexcept { return {texts() + head_at(), head_size_}; }
inline std::string_view Entry::body() const noexcept { return {texts() + head_at() + head_size_, body_size_}; }

}  // namespace cachearr::store
