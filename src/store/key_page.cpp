#include "store/key_page.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <future>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "base/thread_name.hpp"

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

/// What stands between two stars, where that is all there is to a pattern: it is found faster than a pattern matches.
std::string_view word_of(std::string_view pattern) noexcept {
  if (pattern.size() < 3 || pattern.front() != '*' || pattern.back() != '*') return {};
  const auto word = pattern.substr(1, pattern.size() - 2);
  return word.find_first_of("*?") == std::string_view::npos ? word : std::string_view{};
}

/// What one thread looks at in some milliseconds.
constexpr std::uint64_t kEntriesOfAPart = 50'000;
constexpr std::uint64_t kMostParts = 4;

IdRange part_of(std::uint64_t part, std::uint64_t parts) noexcept {
  const auto size = ~std::uint64_t{0} / parts;
  return {part * size + (part == 0 ? 0 : 1), part + 1 == parts ? ~std::uint64_t{0} : (part + 1) * size};
}

/// On a thread of its own; where the system has none, when its end is waited for.
std::future<void> in_parallel(std::function<void()> job) {
  const auto named = [job] {
    name_thread("key list");
    job();
  };
  try {
    return std::async(std::launch::async, named);
  } catch (const std::system_error&) {
    return std::async(std::launch::deferred, job);
  }
}

}  // namespace

bool is_key_cursor(std::string_view text) noexcept {
  return text.size() == 3 * kDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

KeyPager::KeyPager(const KeyQuery& query, IdRange range)
    : query_{bounded(query)},
      range_{range},
      tag_{query.tag.empty() ? 0 : hash128(query.tag).low},
      word_{word_of(query_.pattern)} {
  read_cursor();
}

bool KeyPager::has_filter() const noexcept {
  return !query_.pattern.empty() || !query_.tag.empty() || !query_.upstream.empty() || !query_.type.empty();
}

bool KeyPager::selects(const BanTarget& target, std::string_view type) const noexcept {
  if (!query_.upstream.empty() && query_.upstream != target.upstream) return false;
  if (!query_.type.empty() && query_.type != type) return false;
  if (!query_.tag.empty() && std::find(target.tags.begin(), target.tags.end(), tag_) == target.tags.end()) return false;
  if (!word_.empty()) return target.key.find(word_) != std::string_view::npos;
  return query_.pattern.empty() || text::glob_match(query_.pattern, target.key);
}

bool KeyPager::has_place(const Place& place) const noexcept {
  if (!range_.holds(place.id)) return false;
  const Rank rank = rank_of(place);
  if (!query_.cursor.empty() && rank <= Rank{after_value_, after_id_.high, after_id_.low}) return false;
  return best_.size() <= query_.limit || rank < best_.front().rank;
}

bool KeyPager::wants(const Entry& entry) const noexcept {
  const auto bytes = entry.head().size() + entry.body().size();
  return has_place({entry.id(), bytes, entry.meta.fresh_until_ms, entry.hits()}) && is_whole(entry.meta) &&
         selects(target_of(entry), entry.type());
}

bool KeyPager::wants(const IndexRecord& record, const Hash128& id) const noexcept {
  return has_place({id, record.head_size + record.plain_size, record.meta.fresh_until_ms, record.hits}) &&
         is_whole(record.meta) && selects(record.target(), record.type);
}

void KeyPager::offer(KeyInfo info) {
  const Rank rank = rank_of({info.id, info.bytes, info.meta.fresh_until_ms, info.hits});
  best_.push_back({rank, std::move(info)});
  std::push_heap(best_.begin(), best_.end(), before);
  if (best_.size() <= query_.limit + 1) return;
  std::pop_heap(best_.begin(), best_.end(), before);
  best_.pop_back();
}

void KeyPager::join(KeyPager& other) {
  for (Candidate& candidate : other.best_) offer(std::move(candidate.info));
  other.best_.clear();
}

bool KeyPager::full_before(const Hash128& id) const noexcept {
  if (id.high > range_.last) return true;
  return query_.order == KeyOrder::none && best_.size() > query_.limit && Rank{0, id.high, id.low} > best_.front().rank;
}

Hash128 KeyPager::first() const noexcept {
  const auto before = range_.first == 0 ? Hash128{} : Hash128{~std::uint64_t{0}, range_.first - 1};
  if (query_.order != KeyOrder::none) return before;
  return std::tie(after_id_.high, after_id_.low) < std::tie(before.high, before.low) ? before : after_id_;
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

KeyPager::Rank KeyPager::rank_of(const Place& place) const noexcept {
  std::uint64_t value = 0;
  if (query_.order == KeyOrder::hits) value = ~std::uint64_t{place.hits};
  if (query_.order == KeyOrder::size) value = ~place.bytes;
  if (query_.order == KeyOrder::ttl)
    value = static_cast<std::uint64_t>(std::max<std::int64_t>(place.fresh_until_ms, 0));
  return {value, place.id.high, place.id.low};
}

void KeyPager::read_cursor() {
  if (!is_key_cursor(query_.cursor)) return;
  after_value_ = hex_at(query_.cursor, 0);
  after_id_ = {hex_at(query_.cursor, 2), hex_at(query_.cursor, 1)};
}

std::size_t parts_for(std::uint64_t entries) noexcept {
  const std::uint64_t most = std::min<std::uint64_t>(kMostParts, std::max(1U, std::thread::hardware_concurrency()));
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(entries / kEntriesOfAPart, 1, most));
}

KeyPage list_page(const KeyQuery& query, std::size_t parts, const std::function<void(KeyPager&)>& look) {
  std::deque<KeyPager> pagers;  // they stay where they are
  for (std::size_t part = 0; part < parts; ++part) pagers.emplace_back(query, part_of(part, parts));
  std::vector<std::future<void>> others;
  for (std::size_t part = 1; part < parts; ++part)
    others.push_back(in_parallel([&look, &pager = pagers[part]] { look(pager); }));
  look(pagers.front());
  for (std::size_t part = 1; part < parts; ++part) {
    others[part - 1].get();
    pagers.front().join(pagers[part]);
  }
  return pagers.front().finish();
}

void offer_all(KeyPager& pager, const MemoryTier& memory) {
  const auto more = [&pager](const Hash128& least) { return !pager.full_before(least); };
  memory.look_through(pager.first(), pager.has_filter(), more, [&](const Entry& entry) {
    if (pager.wants(entry) && memory.is_valid(entry)) pager.offer(info_of(entry));
  });
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
