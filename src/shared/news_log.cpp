#include "shared/news_log.hpp"

#include <algorithm>
#include <limits>

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
  floor_ = last_ = ordinal;
  rules_.clear();
  forget_sent(std::numeric_limits<std::uint64_t>::max());
}

/// What has come back in the stream is a rule like any other.
void NewsLog::forget_sent(std::uint64_t ordinal) {
  std::erase_if(sent_, [this, ordinal](Own& own) {
    if (own.ordinal > ordinal) return false;
    let_go(own.instead);
    return true;
  });
}

void NewsLog::remember(std::uint64_t ordinal, const Invalidation& what) {
  rules_.push_back({ordinal, ban_of(what)});
  if (rules_.size() <= kMostRules) return;
  floor_ = rules_.front().ordinal;
  rules_.pop_front();
}

NewsLog::Arrival NewsLog::add(std::uint64_t ordinal, const Invalidation& what, bool is_own) {
  if (ordinal <= last_) return Arrival::known;
  const bool is_next = ordinal == last_ + 1;
  if (!is_next) skip_to(ordinal - 1);
  last_ = ordinal;
  remember(ordinal, what);
  if (is_own) forget_sent(ordinal);
  return is_next ? Arrival::next : Arrival::gap;
}

void NewsLog::skip_to(std::uint64_t ordinal) {
  floor_ = last_ = ordinal;
  rules_.clear();
  forget_sent(ordinal);
}

bool NewsLog::queue(const Invalidation& what, std::vector<store::EntryPtr> instead) {
  if (outbox_.size() < kMostRules) {
    outbox_.push_back(what);
  } else {
    for (auto late = kMostUnderWay; late < unsent_.size(); ++late) let_go(unsent_[late].instead);
    outbox_.resize(kMostUnderWay);
    unsent_.resize(kMostUnderWay);
    outbox_.push_back({Invalidation::Kind::all, {}, true});
  }
  const auto bytes = bytes_of(instead);
  const bool has_room = waiting_bytes_ + bytes <= kMostWaitingBytes;
  if (!has_room) instead.clear();
  waiting_bytes_ += has_room ? bytes : 0;
  unsent_.push_back({ban_of(outbox_.back()), std::move(instead)});
  return has_room;
}

void NewsLog::let_go(std::vector<store::EntryPtr>& instead) {
  waiting_bytes_ -= bytes_of(instead);
  instead.clear();
}

std::vector<store::EntryPtr> NewsLog::sent(std::uint64_t ordinal) {
  if (outbox_.empty()) return {};
  sent_.push_back(std::move(unsent_.front()));
  outbox_.pop_front();
  unsent_.pop_front();
  sent_.back().ordinal = ordinal;
  auto instead = sent_.back().instead;
  if (ordinal <= last_) forget_sent(ordinal);
  std::erase_if(instead, [this, ordinal](const store::EntryPtr& entry) {
    return validity(ordinal, store::target_of(*entry)) != Validity::valid;
  });
  return instead;
}

void NewsLog::queue_sent_again(std::size_t under_way) {
  auto place = std::min(under_way, outbox_.size());
  for (auto& own : sent_) {
    const auto at = static_cast<std::ptrdiff_t>(place++);
    outbox_.insert(outbox_.begin() + at, own.ban.what);
    unsent_.insert(unsent_.begin() + at, std::move(own));
  }
  sent_.clear();
}

void NewsLog::restore_outbox(std::deque<Invalidation> outbox) {
  outbox_ = std::move(outbox);
  unsent_.clear();
  waiting_bytes_ = 0;
  for (const auto& what : outbox_) unsent_.push_back({ban_of(what), {}});
}

Validity NewsLog::validity(std::uint64_t ordinal, const store::BanTarget& target) const {
  if (ordinal < floor_) return Validity::gone;
  auto worst = Validity::valid;
  for (const auto& each : unsent_) worst = worse(worst, by(each.ban, target));
  for (const auto& own : sent_)
    if (own.ordinal > ordinal) worst = worse(worst, by(own.ban, target));
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

std::string encode_outbox(const std::deque<Invalidation>& outbox) {
  limit::StateWriter writer;
  for (const auto& what : outbox) writer.text(encode_news(what));
  return writer.take();
}

std::deque<Invalidation> decode_outbox(std::string_view bytes) {
  std::deque<Invalidation> outbox;
  limit::StateReader reader{bytes};
  while (reader.ok() && !reader.at_end() && outbox.size() < NewsLog::kMostRules) {
    const auto what = decode_news(reader.text());
    if (what) outbox.push_back(*what);
  }
  return outbox;
}

}  // namespace cachearr::shared
