#include "shared/local_bans.hpp"

#include <algorithm>

#include "limit/state_codec.hpp"
#include "shared/news_log.hpp"

namespace cachearr::shared {

void LocalBans::add(std::int64_t at_ms, const caching::Invalidation& what) {
  const auto same = std::find_if(bans_.begin(), bans_.end(), [&](const At& each) { return each.ban.what == what; });
  if (same != bans_.end()) {
    at_ms = std::max(at_ms, same->at_ms);
    bans_.erase(same);
  }
  bans_.push_back({at_ms, store::make_ban(1, what)});
  if (bans_.size() <= kMost) return;
  all_before_ms_ = std::max(all_before_ms_, bans_.front().at_ms);
  bans_.pop_front();
}

bool LocalBans::hit(std::int64_t written_ms, const store::BanTarget& target) const {
  if (written_ms <= all_before_ms_) return true;
  return std::any_of(bans_.begin(), bans_.end(), [written_ms, &target](const At& each) {
    return written_ms <= each.at_ms && each.ban.names(target);
  });
}

std::string LocalBans::encoded() const {
  limit::StateWriter writer;
  writer.number(static_cast<std::uint64_t>(all_before_ms_));
  for (const auto& each : bans_) {
    writer.number(static_cast<std::uint64_t>(each.at_ms));
    writer.text(encode_news(each.ban.what));
  }
  return writer.take();
}

void LocalBans::restore(std::string_view bytes) {
  limit::StateReader reader{bytes};
  const auto all_before = static_cast<std::int64_t>(reader.number());
  if (!reader.ok()) return;
  all_before_ms_ = all_before;
  bans_.clear();
  while (!reader.at_end()) {
    const auto at = static_cast<std::int64_t>(reader.number());
    const auto what = decode_news(reader.text());
    if (!reader.ok() || !what) return;
    add(at, *what);
  }
}

}  // namespace cachearr::shared
