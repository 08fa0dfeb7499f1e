// What the disk tier's index holds of one response: all that listing, banning and finding it needs, without its
// bytes. Pure functions on bytes: any bytes decode without overread.
//
// Layout, little-endian, no padding (format 2):
//   u64 checksum       XXH3-64 of all that follows, seeded with the id under which the record is filed
//   u64 first_chunk    number of the first chunk of the content
//   u64 content_hash   XXH3-64 of the content: id, identity, head, stored body
//   u64 body_size      of the stored body
//   u64 plain_size     of the body as it is served; differs from body_size where the body is kept as a zstd frame
//   EntryMeta          64 bytes as they are in memory
//   u32 cost: milliseconds, bytes, quota units
//   u32 head_size, u32 generation, u32 hits, u32 fetches, u16 identity_size, u16 key_size, u8 upstream_size, u8
//   type_size, u8 tag_count, u8 bits u64 x tag_count    hashes of the tags key, upstream, type
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/ban_list.hpp"
#include "store/entry.hpp"

namespace cachearr::store {

struct IndexRecord {
  std::uint64_t first_chunk = 0;
  std::uint64_t content_hash = 0;
  std::uint64_t body_size = 0;
  std::uint64_t plain_size = 0;
  EntryMeta meta;
  FetchCost cost;
  std::uint32_t head_size = 0;
  std::uint32_t generation = 0;
  std::uint32_t hits = 0;
  std::uint32_t fetches = 1;
  std::uint16_t identity_size = 0;
  bool compressed = false;  // Entry::compressed() of what is served
  bool packed = false;      // the body is one zstd frame on disk only
  std::vector<std::uint64_t> tags;
  std::string_view key;
  std::string_view upstream;
  std::string_view type;

  std::uint64_t content_size() const noexcept { return sizeof(Hash128) + identity_size + head_size + body_size; }
  /// Once its body is unpacked: what a read of it has to make.
  std::uint64_t plain_content_size() const noexcept {
    return content_size() - body_size + std::max(body_size, plain_size);
  }
  BanTarget target() const noexcept { return {key, upstream, tags, generation}; }
};

/// Changes to the layout above or to EntryMeta need another number; a store of another format is set aside.
inline constexpr std::uint32_t kFormat = 2;

/// Everything of the entry but where its content is.
IndexRecord index_record_of(const Entry& entry);
std::string encode(const IndexRecord& record, const Hash128& id);
/// False where the bytes are no record of this id. The views of `into` point into `bytes`; its capacity is reused.
bool decode(std::string_view bytes, const Hash128& id, IndexRecord& into);
/// The same of bytes that are known to be whole, whatever id they are filed under.
bool decode_whole(std::string_view bytes, IndexRecord& into);

}  // namespace cachearr::store
