// A stored response: immutable, reference-counted, one allocation. Made once, shared by every thread that serves it.
//
// The layout of the one block is [Entry][identity][key][head][body][tag hashes]; nothing in it changes after make_entry except the
// hit counters, which are relaxed atomics.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "base/hash.hpp"
#include "caching/entry_meta.hpp"

namespace cachearr::store {

using caching::EntryFlag;
using caching::EntryMeta;

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
  /// Takes over one reference.
  static EntryPtr adopt(const Entry* entry) noexcept { EntryPtr p; p.entry_ = entry; return p; }

 private:
  const Entry* entry_ = nullptr;
};

/// The parts an entry is made from; views that need live only during make_entry.
struct EntryParts {
  Hash128 id;                    // hash of identity
  std::string_view identity;     // everything that distinguishes it: partition, scheme, host, port, key, variant
  std::string_view key;          // what users see and name it by
  std::string_view upstream;     // name, empty: none
  std::string_view type;         // rule's type, empty: none
  std::span<const std::string_view> tags;
  std::string_view head;         // status line and field lines, each ended by CRLF, without the closing empty line
  std::span<const std::string_view> body;  // pieces, concatenated
  EntryMeta meta;
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

  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  friend class EntryPtr;
  friend EntryPtr make_entry(const EntryParts& parts);
  Entry() = default;
  Hash128 id_;
  mutable std::atomic<std::uint32_t> references_{1};
  mutable std::atomic<std::uint32_t> hits_{0};
  std::uint64_t body_size_ = 0;
  std::uint32_t head_size_ = 0;
  std::uint16_t identity_size_ = 0;
  std::uint16_t key_size_ = 0;
  std::uint8_t upstream_size_ = 0;
  std::uint8_t type_size_ = 0;
  std::uint16_t tag_count_ = 0;
};

/// One allocation; null where a part is too large for the format (identity and key 65535 bytes, head 16 MiB) or
/// memory is short.
EntryPtr make_entry(const EntryParts& parts);

}  // namespace cachearr::store
