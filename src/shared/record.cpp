#include "shared/record.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace cachearr::shared {

namespace {

constexpr std::string_view kMagic = "CAR1";
constexpr std::string_view kCardPurpose = "record 1 card", kContentPurpose = "record 1 content";
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kHeaderSize = 4 + 4 + 8 + 8 + 8;
/// Clocks of servers differ; nothing is written later than now.
constexpr std::int64_t kMostAheadMs = 60'000;

template <class T>
void append_value(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
T value_at(std::string_view bytes, std::size_t at) noexcept {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

/// What never ends does so by any clock.
void shift(store::EntryMeta& meta, Duration by) noexcept {
  meta.born_ms += by.count();
  meta.stored_ms += by.count();
  if (meta.fresh_until_ms < caching::kForeverMs) meta.fresh_until_ms += by.count();
}

bool has_room_for_etag(const store::IndexRecord& card) noexcept {
  return std::size_t{card.meta.etag_at} + card.meta.etag_size <= card.head_size;
}

std::string bound_to(std::string_view key, std::string_view rest) { return std::string{key}.append(rest); }

}  // namespace

std::string_view name_of(RecordFault fault) noexcept {
  switch (fault) {
    case RecordFault::none: return "none";
    case RecordFault::format: return "format";
    case RecordFault::seal: return "seal";
    case RecordFault::identity: return "identity";
    case RecordFault::times: return "times";
    case RecordFault::size: break;
  }
  return "size";
}

std::int64_t useless_after_ms(const store::EntryMeta& meta) noexcept {
  const auto longest = std::max({meta.swr_seconds, meta.sie_seconds, meta.limited_seconds});
  return meta.fresh_until_ms + std::int64_t{longest} * 1000;
}

std::string seal_record(Sealer& sealer, std::string_view redis_key, const store::Entry& entry, RecordStamp stamp,
                        Duration ahead) {
  auto card = store::index_record_of(entry);
  card.meta.label = 0;  // a number of this process alone
  card.generation = card.hits = 0;
  shift(card.meta, ahead);
  const auto plain_card = store::encode(card, entry.id());
  std::string header{kMagic};
  append_value(header, static_cast<std::uint32_t>(plain_card.size() + Sealer::kOverhead));
  append_value(header, stamp.epoch);
  append_value(header, stamp.ordinal);
  append_value(header, stamp.written_ms);
  const auto sealed_card = sealer.seal(kCardPurpose, bound_to(redis_key, header), plain_card);
  std::string content;
  content.reserve(entry.identity().size() + entry.head().size() + entry.body().size());
  content.append(entry.identity()).append(entry.head()).append(entry.body());
  const auto tag = std::string_view{sealed_card}.substr(sealed_card.size() - kTagSize);
  return header + sealed_card + sealer.seal(kContentPurpose, bound_to(redis_key, tag), content);
}

std::size_t RecordReader::card_end(std::string_view bytes) noexcept {
  if (bytes.size() < kHeaderSize || !bytes.starts_with(kMagic)) return 0;
  const auto card_size = value_at<std::uint32_t>(bytes, 4);
  return card_size < Sealer::kOverhead ? 0 : kHeaderSize + card_size;
}

RecordFault RecordReader::open_card() {
  const auto end = card_end(bytes_);
  if (end == 0 || end > bytes_.size()) return RecordFault::format;
  stamp_ = {value_at<std::uint64_t>(bytes_, 8), value_at<std::uint64_t>(bytes_, 16),
            value_at<std::int64_t>(bytes_, 24)};
  const auto sealed_card = bytes_.substr(kHeaderSize, end - kHeaderSize);
  auto card = sealer_.open(kCardPurpose, bound_to(redis_key_, bytes_.substr(0, kHeaderSize)), sealed_card);
  if (!card) return RecordFault::seal;
  plain_card_ = *std::move(card);
  content_ = bytes_.substr(end);
  tag_ = sealed_card.substr(sealed_card.size() - kTagSize);
  return RecordFault::none;
}

/// What is sealed is whole.
RecordFault RecordReader::peek() {
  const auto fault = open_card();
  if (fault != RecordFault::none) return fault;
  return store::decode_whole(plain_card_, card_) ? RecordFault::none : RecordFault::size;
}

RecordFault RecordReader::read_card(const Hash128& id, Duration ahead, TimePoint now) {
  if (const auto fault = open_card(); fault != RecordFault::none) return fault;
  if (!store::decode(plain_card_, id, card_)) return RecordFault::identity;
  id_ = id;
  shift(card_.meta, -ahead);
  const auto now_ms = now.time_since_epoch().count();
  if (card_.meta.stored_ms > now_ms + kMostAheadMs || useless_after_ms(card_.meta) < now_ms) return RecordFault::times;
  return has_room_for_etag(card_) ? RecordFault::none : RecordFault::size;
}

RecordFault RecordReader::read_entry(std::string_view identity, std::uint32_t generation, store::EntryPtr& into) {
  const auto content = sealer_.open(kContentPurpose, bound_to(redis_key_, tag_), content_);
  if (!content) return RecordFault::seal;
  const std::string_view whole = *content;
  if (card_.identity_size + std::uint64_t{card_.head_size} + card_.body_size != whole.size()) return RecordFault::size;
  if (whole.substr(0, card_.identity_size) != identity) return RecordFault::identity;
  const std::array<std::string_view, 1> body{whole.substr(card_.identity_size + card_.head_size)};
  store::EntryParts parts;
  parts.id = id_;
  parts.identity = identity;
  parts.key = card_.key;
  parts.upstream = card_.upstream;
  parts.type = card_.type;
  parts.tag_hashes = card_.tags;
  parts.head = whole.substr(card_.identity_size, card_.head_size);
  parts.body = body;
  parts.meta = card_.meta;
  parts.compressed = card_.compressed;
  parts.cost = card_.cost;
  parts.fetches = card_.fetches;
  parts.generation = generation;
  into = store::make_entry(parts);
  return into ? RecordFault::none : RecordFault::size;
}

}  // namespace cachearr::shared
