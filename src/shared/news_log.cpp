#include "shared/news_log.hpp"

#include <algorithm>
#include <utility>

#include "limit/state_codec.hpp"

namespace cachearr::shared {

using caching::Invalidation;
using store::Validity;

namespace {

/// A record has no generation of this process: every ban that names it hits it.
store::Ban ban_of(const Invalidation& what) { return store::make_ban(1, what); }

Validity worse(Validity a, Validity b) noexcept { return std::max(a, b); }

std::uint64_t bytes_of(const std::vector<store::EntryPtr>& entries) {
  std::uint64_t bytes = 0;
  for (const auto& entry : entries) bytes += entry->footprint();
  return bytes;
}

Validity by(const store::Ban& ban, const store::BanTarget& target) {
  if (!ban.names(target)) return Validity::valid;
  return ban.what.soft ? Validity::stale : Validity::gone;
}

}  // namespace

void NewsLog::start_at(std::uint64_t ordinal) {
  skip_to(ordinal);
  for (const auto& each : replacements_) waiting_bytes_ -= each.entry->footprint();
  replacements_.clear();
}

void NewsLog::remember(std::uint64_t ordinal, const Invalidation& what) {
  rules_.push_back({ordinal, ban_of(what)});
  if (rules_.size() <= kMostRules) return;
  floor_ = rules_.front().ordinal;
  rules_.pop_front();
}

NewsLog::Arrival NewsLog::add(std::uint64_t ordinal, const Invalidation& what) {
  if (ordinal <= last_) return Arrival::known;
  const bool is_next = ordinal == last_ + 1;
  if (!is_next) skip_to(ordinal - 1);
  last_ = ordinal;
  remember(ordinal, what);
  return is_next ? Arrival::next : Arrival::gap;
}

void NewsLog::skip_to(std::uint64_t ordinal) {
  floor_ = last_ = ordinal;
  rules_.clear();
}

bool NewsLog::queue(const Invalidation& what, std::vector<store::EntryPtr> instead) {
  const bool is_full = outbox_.size() >= kMostRules;
  if (is_full) {
    for (auto late = kMostUnderWay; late < outbox_.size(); ++late) waiting_bytes_ -= bytes_of(outbox_[late].instead);
    outbox_.resize(kMostUnderWay);
  }
  const auto bytes = bytes_of(instead);
  const bool has_room = waiting_bytes_ + bytes <= kMostWaitingBytes;
  if (!has_room) instead.clear();
  waiting_bytes_ += has_room ? bytes : 0;
  outbox_.push_back(
      {new_id(), ban_of(is_full ? Invalidation{Invalidation::Kind::all, {}, true} : what), std::move(instead)});
  return has_room;
}

/// Those that were sent are among the oldest.
bool NewsLog::came_back(std::string_view id) {
  const auto end = outbox_.begin() + static_cast<std::ptrdiff_t>(std::min(outbox_.size(), kMostUnderWay));
  const auto own = std::find_if(outbox_.begin(), end, [id](const Own& each) { return each.id == id; });
  if (own == end) return false;
  for (auto& entry : own->instead) replacements_.push_back({std::move(entry), last_});
  outbox_.erase(own);
  return true;
}

std::vector<NewsLog::Replacement> NewsLog::take_replacements() {
  auto taken = std::exchange(replacements_, {});
  for (const auto& each : taken) waiting_bytes_ -= each.entry->footprint();
  std::erase_if(taken, [this](const Replacement& each) {
    return validity(each.ordinal, store::target_of(*each.entry)) != Validity::valid;
  });
  return taken;
}

void NewsLog::restore_outbox(std::deque<Own> outbox) {
  outbox_ = std::move(outbox);
  for (auto& own : outbox_)
    if (own.id.empty()) own.id = new_id();
}

Validity NewsLog::validity(std::uint64_t ordinal, const store::BanTarget& target) const {
  if (ordinal < floor_) return Validity::gone;
  auto worst = Validity::valid;
  for (const auto& own : outbox_) worst = worse(worst, by(own.ban, target));
  for (auto rule = rules_.rbegin(); rule != rules_.rend() && rule->ordinal > ordinal; ++rule)
    worst = worse(worst, by(rule->ban, target));
  return worst;
}

std::string encode_news(const Invalidation& what) {
  limit::StateWriter writer;
  writer.number(static_cast<std::uint64_t>(what.kind));
  writer.number(what.soft ? 1 : 0);
  writer.text(what.text);
  return writer.take();
}

std::optional<Invalidation> decode_news(std::string_view bytes) {
  limit::StateReader reader{bytes};
  const auto kind = reader.number();
  const auto soft = reader.number();
  const auto text = reader.text();
  if (!reader.ok() || !reader.at_end() || kind > static_cast<std::uint64_t>(Invalidation::Kind::key_family) || soft > 1)
    return std::nullopt;
  return Invalidation{static_cast<Invalidation::Kind>(kind), std::string{text}, soft == 1};
}

std::string encode_outbox(const std::deque<NewsLog::Own>& outbox) {
  limit::StateWriter writer;
  for (const auto& own : outbox) {
    writer.text(own.id);
    writer.text(encode_news(own.ban.what));
  }
  return writer.take();
}

/// An id stands before its invalidation, and is none: its first byte is no kind.
std::deque<NewsLog::Own> decode_outbox(std::string_view bytes) {
  std::deque<NewsLog::Own> outbox;
  limit::StateReader reader{bytes};
  std::string id;
  while (reader.ok() && !reader.at_end() && outbox.size() < NewsLog::kMostRules) {
    const auto text = reader.text();
    const auto what = decode_news(text);
    if (what)
      outbox.push_back({std::exchange(id, {}), ban_of(*what), {}});
    else
      id = text;
  }
  return outbox;
}

}  // namespace cachearr::shared
