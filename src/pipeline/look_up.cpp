#include "pipeline/look_up.hpp"

#include "caching/partial.hpp"
#include "caching/reuse.hpp"
#include "caching/validation.hpp"
#include "caching/vary.hpp"

namespace cachearr::pipeline {

using http::Forward;

namespace {

/// The operator wants what is stored rather than the upstream, however old it is.
bool serve_by_mode(RequestContext& into, bool by_request) {
  using Mode = rules::UpstreamMode;
  const auto mode = into.snapshot->modes->of(into.verdict.upstream);
  if (mode == Mode::live || !caching::may_serve_offline(into.entry->meta)) return false;
  const auto& asks = into.directives;
  if (mode == Mode::prefer_cache && (by_request || asks.max_age || asks.max_stale || asks.min_fresh)) return false;
  const bool offline = mode == Mode::offline;
  into.disposition = Disposition::stale_hit;
  into.refresh = !offline;
  into.stale = offline ? metrics::StaleReason::offline : metrics::StaleReason::while_revalidate;
  into.detail = name_of(*into.stale);
  return true;
}

bool is_fresh(const RequestContext& context, const store::Entry& entry) noexcept {
  return caching::judge(entry.meta, context.directives, context.now).reuse == caching::Reuse::fresh;
}

bool is_in(const store::Entry& entry, std::string_view language) {
  http::ResponseHead head;
  return http::parse_stored_head(entry.head(), head) && caching::language_of(head) == language;
}

/// A part serves what lies within it, and only while it is fresh: to validate it is to ask for the whole.
bool is_answered_by_part(const RequestContext& context, const store::Entry& part) {
  http::ResponseHead head;
  if (!context.head().fields.has(http::FieldId::range) || !http::parse_stored_head(part.head(), head)) return false;
  const auto place = http::parse_content_range(head.fields.value(http::FieldId::content_range));
  return place && caching::answers(*place, context.head(), caching::validators_of(part.etag(), part.meta)) &&
         is_fresh(context, part);
}

}  // namespace

bool take_found(RequestContext& into, store::EntryPtr found) {
  into.hit_for_miss = false;
  if (caching::select_variant(into.resource(), caching::marker_of(found), into.head().fields, into.variant))
    return true;
  take_variant(into, std::move(found));
  return false;
}

void take_variant(RequestContext& into, store::EntryPtr found) {
  into.entry = std::move(found);
  if (!into.entry) return;
  const auto kind = caching::kind_of(into.entry->meta, into.now);
  if (kind == caching::EntryKind::response) return;
  if (kind == caching::EntryKind::part && is_answered_by_part(into, *into.entry)) return;
  into.hit_for_miss = kind == caching::EntryKind::hit_for_miss;
  into.entry = {};
}

void look_up(store::Store& store, RequestContext& into) {
  if (take_found(into, store.find(into.key.id, into.key.identity)))
    take_variant(into, store.find(into.variant.id, into.variant.identity));
}

void decide_by_entry(RequestContext& into) {
  if (!into.entry) {
    into.disposition = Disposition::fetch;
    into.forward = into.variant.varies_by.empty() ? Forward::uri_miss : Forward::vary_miss;
    return;
  }
  const auto verdict = caching::judge(into.entry->meta, into.directives, into.now);
  switch (verdict.reuse) {
    case caching::Reuse::fresh: into.disposition = Disposition::hit; return;
    case caching::Reuse::stale_allowed: into.disposition = Disposition::stale_hit; return;
    case caching::Reuse::stale_while_revalidate:
      if (serve_by_mode(into, false)) return;
      into.disposition = Disposition::stale_hit;
      into.refresh = true;
      into.stale = metrics::StaleReason::while_revalidate;
      into.detail = name_of(*into.stale);
      return;
    case caching::Reuse::validate: break;
  }
  if (serve_by_mode(into, verdict.by_request)) return;
  into.disposition = Disposition::revalidate;
  into.forward = verdict.by_request ? Forward::request : Forward::stale;
}

void look_up_by_language(store::Store& store, RequestContext& into) {
  if (into.variant.varies_by.empty() || into.hit_for_miss) return;
  const auto language = caching::preferred_language(into.head().fields);
  caching::VariantName name;
  if (!caching::name_language(into.resource(), into.variant.varies_by, into.head().fields, language, name)) return;
  const auto pointer = store.find(name.id, name.identity);
  const auto identity = caching::marker_of(pointer);
  if (!identity) return;
  take_variant(into, store.find(hash128(*identity), *identity));
  into.hit_for_miss = false;
  if (into.entry && is_in(*into.entry, language) && is_fresh(into, *into.entry)) {
    into.disposition = Disposition::hit;
    into.forward = Forward::none;
  } else {
    into.entry = {};
  }
}

}  // namespace cachearr::pipeline
