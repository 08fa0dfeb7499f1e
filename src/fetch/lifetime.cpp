#include "fetch/lifetime.hpp"

namespace cachearr::fetch {

limit::Refetch compare_bodies(const store::EntryPtr& entry, std::span<const std::string_view> pieces) noexcept {
  std::size_t size = 0;
  for (const auto piece : pieces) size += piece.size();
  if (!entry || entry->body().size() != size) return limit::Refetch::changed;
  auto rest = entry->body();
  for (const auto piece : pieces) {
    if (rest.substr(0, piece.size()) != piece) return limit::Refetch::changed;
    rest.remove_prefix(piece.size());
  }
  return limit::Refetch::unchanged;
}

void learn_lifetime(const rules::Rule* rule, const store::EntryPtr& entry, limit::Refetch outcome,
                    caching::StoreVerdict& verdict) noexcept {
  if (!rule || !rule->learn_min || !rule->learn_max || verdict.source != caching::LifetimeSource::rule) return;
  auto& meta = verdict.meta;
  std::optional<Duration> last;
  if (entry && (entry->meta.flags & caching::kFromRule) != 0)
    last = Duration{entry->meta.fresh_until_ms - entry->meta.stored_ms};
  verdict.lifetime = limit::learned_ttl(last, outcome, verdict.lifetime, *rule->learn_min, *rule->learn_max);
  meta.fresh_until_ms = meta.stored_ms + verdict.lifetime.count();
}

}  // namespace cachearr::fetch
