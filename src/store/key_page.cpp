#include "store/key_page.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.hpp"

namespace cachearr::store {
namespace {

constexpr std::size_t kDigits = 16;
constexpr std::size_t kMaxPage = 10'000;

void append_hex(std::string& out, std::uint64_t value) {
  char digits[kDigits];
  const auto end = std::to_chars(digits, digits + kDigits, value, 16).ptr;
  out.append(kDigits - static_cast<std::size_t>(end - digits), '0');
  out.append(digits, end);
}

std::uint64_t hex_at(std::string_view text, std::size_t index) noexcept {
  const auto digits = text.substr(index * kDigits, kDigits);
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

KeyQuery bounded(KeyQuery query) {
  query.limit = std::clamp<std::size_t>(query.limit, 1, kMaxPage);
  return query;
}

}  // namespace

KeyPager::KeyPager(const KeyQuery& query)
    : query_{bounded(query)}, tag_{query.tag.empty() ? 0 : hash128(query.tag).low} {
  read_cursor();
}

bool KeyPager::selects(const BanTarget& target, std::string_view type) const noexcept {
  if (!query_.upstream.empty() && query_.upstream != target.upstream) return false;
  if (!query_.type.empty() && query_.type != type) return false;
  if (!query_.tag.empty() && std::find(target.tags.begin(), target.tags.end(), tag_) == target.tags.end()) return false;
  return query_.pattern.empty() || text::glob_match(query_.pattern, target.key);
}

void KeyPager::offer(KeyInfo info) {
  const Rank rank = rank_of(info);
  if (!query_.cursor.empty() && rank <= Rank{after_value_, after_id_.high, after_id_.low}) return;
  if (best_.size() > query_.limit && rank >= best_.front().rank) return;
  best_.push_back({rank, std::move(info)});
  std::push_heap(best_.begin(), best_.end(), before);
  if (best_.size() <= query_.limit + 1) return;
  std::pop_heap(best_.begin(), best_.end(), before);
  best_.pop_back();
}

bool KeyPager::full_before(const Hash128& id) const noexcept {
  return query_.order == KeyOrder::none && best_.size() > query_.limit && Rank{0, id.high, id.low} > best_.front().rank;
}

KeyPage KeyPager::finish() {
  std::sort_heap(best_.begin(), best_.end(), before);
  KeyPage page;
  const bool more = best_.size() > query_.limit;
  if (more) best_.pop_back();
  if (more) {
    const auto& [value, high, low] = best_.back().rank;
    for (const auto part : {value, high, low}) append_hex(page.cursor, part);
  }
  page.keys.reserve(best_.size());
  for (Candidate& candidate : best_) page.keys.push_back(std::move(candidate.info));
  best_.clear();
  return page;
}

KeyPager::Rank KeyPager::rank_of(const KeyInfo& info) const noexcept {
  std::uint64_t value = 0;
  if (query_.order == KeyOrder::hits) value = ~std::uint64_t{info.hits};
  if (query_.order == KeyOrder::size) value = ~info.bytes;
  if (query_.order == KeyOrder::ttl)
    value = static_cast<std::uint64_t>(std::max<std::int64_t>(info.meta.fresh_until_ms, 0));
  return {value, info.id.high, info.id.low};
}

void KeyPager::read_cursor() {
  if (query_.cursor.size() != 3 * kDigits) return;
  after_value_ = hex_at(query_.cursor, 0);
  after_id_ = {hex_at(query_.cursor, 2), hex_at(query_.cursor, 1)};
}

KeyInfo info_of(const Entry& entry) {
  KeyInfo info;
  info.id = entry.id();
  info.key = entry.key();
  info.upstream = entry.upstream();
  info.type = entry.type();
  info.meta = entry.meta;
  info.bytes = entry.head().size() + entry.body().size();
  info.cost = entry.cost();
  info.hits = entry.hits();
  info.fetches = entry.fetches();
  info.in_memory = true;
  info.on_disk = entry.on_disk();
  return info;
}

KeyView view_of(const Entry& entry) {
  return {entry.key(),  entry.upstream(), entry.type(),
          entry.meta,   entry.cost(),     entry.head().size() + entry.body().size(),
          entry.hits(), entry.fetches(),  entry.id()};
}

KeyView view_of(const IndexRecord& record, const Hash128& id) {
  return {record.key,  record.upstream, record.type, record.meta, record.cost, record.head_size + record.plain_size,
          record.hits, record.fetches,  id};
}

KeyInfo info_of(const IndexRecord& record, const Hash128& id) {
  KeyInfo info;
  info.id = id;
  info.key = record.key;
  info.upstream = record.upstream;
  info.type = record.type;
  info.meta = record.meta;
  info.bytes = record.head_size + record.plain_size;
  info.cost = record.cost;
  info.hits = record.hits;
  info.fetches = record.fetches;
  info.on_disk = true;
  return info;
}

}  // namespace cachearr::store
