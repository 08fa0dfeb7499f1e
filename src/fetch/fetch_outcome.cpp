#include "fetch/fetch_outcome.hpp"

#include <utility>

#include "caching/storing.hpp"
#include "caching/vary.hpp"

namespace cachearr::fetch {

void FetchOutcome::select_by(std::string_view names, const http::FieldList& request) {
  varies_by = names;
  variant.clear();
  if (!varies_by.empty()) caching::append_variant(variant, varies_by, request);
}

bool FetchOutcome::is_selected_by(const http::FieldList& request) const {
  if (varies_by.empty()) return true;
  std::string own;
  caching::append_variant(own, varies_by, request);
  return own == variant;
}

FetchOutcome entry_outcome(store::EntryPtr entry, std::string_view names, const http::FieldList& request) {
  FetchOutcome outcome;
  outcome.kind = FetchOutcome::Kind::entry;
  outcome.entry = std::move(entry);
  outcome.select_by(names, request);
  return outcome;
}

FetchOutcome hit_outcome(store::EntryPtr entry, std::string_view names, const http::FieldList& request, TimePoint now) {
  auto outcome = entry_outcome(std::move(entry), names, request);
  outcome.cache_status.hit = true;
  outcome.cache_status.ttl = caching::ttl_at(outcome.entry->meta, now);
  return outcome;
}

FetchOutcome error_outcome(int status, std::string what) {
  FetchOutcome outcome;
  outcome.kind = FetchOutcome::Kind::failed;
  outcome.error_status = status;
  outcome.error = std::move(what);
  return outcome;
}

}  // namespace cachearr::fetch
