// Stored responses as they lie in the shared tier: a header in the clear, then card and content, both sealed. Pure, but
// for the sealer's count.
//
// What another wrote is believed only where its seal, identity, sizes and times are right; else it is a miss, and says
// why. Times in a record are the server's: `ahead` is how much further its clock is than the cache's own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "shared/sealer.hpp"
#include "store/entry.hpp"
#include "store/index_record.hpp"

namespace cachearr::shared {

/// What its writer had heard when it asked the origin.
struct RecordStamp {
  std::uint64_t epoch = 0;
  std::uint64_t ordinal = 0;    // of the newest invalidation
  std::int64_t written_ms = 0;  // by the server's clock
  friend bool operator==(const RecordStamp&, const RecordStamp&) = default;
};

enum class RecordFault : std::uint8_t { none, format, seal, identity, times, size };
std::string_view name_of(RecordFault fault) noexcept;

std::string seal_record(Sealer& sealer, std::string_view redis_key, const store::Entry& entry, RecordStamp stamp,
                        Duration ahead);

class RecordReader {
 public:
  /// All of them outlive it.
  RecordReader(Sealer& sealer, std::string_view redis_key, std::string_view bytes) noexcept
      : sealer_{sealer}, redis_key_{redis_key}, bytes_{bytes} {}

  /// The header and the card: what an invalidation is judged by. REQUIRES: id is hash128(identity).
  RecordFault read_card(const Hash128& id, Duration ahead, TimePoint now);
  /// The same for whoever does not know the identity, and may have the begin alone: up to card_end(). Its times stay as
  /// they are.
  RecordFault peek();
  /// Where the card ends by what the header says; 0: it is none.
  static std::size_t card_end(std::string_view bytes) noexcept;
  const RecordStamp& stamp() const noexcept { return stamp_; }
  const store::IndexRecord& card() const noexcept { return card_; }
  /// The whole of it. REQUIRES: the card is right. `generation`: of the store, from before the record was asked for.
  RecordFault read_entry(std::string_view identity, std::uint32_t generation, store::EntryPtr& into);

 private:
  RecordFault open_card();

  Sealer& sealer_;
  std::string_view redis_key_, bytes_;
  RecordStamp stamp_;
  std::string plain_card_;
  store::IndexRecord card_;   // looks into it
  std::string_view content_;  // sealed
  std::string_view tag_;      // of the card, which the content is bound to
  Hash128 id_;
};

/// Until when it is worth keeping, by the cache's clock.
std::int64_t useless_after_ms(const store::EntryMeta& meta) noexcept;

}  // namespace cachearr::shared
