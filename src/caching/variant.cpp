#include "caching/variant.hpp"

#include "base/text.hpp"
#include "caching/vary.hpp"

namespace cachearr::caching {

void name_variant(const ResourceName& resource, std::string_view varies_by, const http::FieldList& request,
                  VariantName& into) {
  if (varies_by.empty() && into.varies_by.empty() && into.id == resource.id && into.identity == resource.identity)
    return;  // a request that is repeated
  into.varies_by = varies_by;
  into.identity = resource.identity;
  into.id = resource.id;
  if (varies_by.empty()) return;
  into.identity += '\n';
  append_variant(into.identity, into.varies_by, request);
  into.id = hash128(into.identity);
}

bool name_language(const ResourceName& resource, std::string_view varies_by, const http::FieldList& request,
                   std::string_view language, VariantName& into) {
  bool varies = false;
  text::for_each_member(varies_by, [&](std::string_view name) { varies = varies || name == "accept-language"; });
  if (!varies || language.empty()) return false;
  auto fields = request;
  fields.remove(http::FieldId::accept_language);
  fields.add(http::FieldId::accept_language, "Accept-Language", language);
  into.varies_by = varies_by;
  into.identity = resource.identity;
  into.identity += "\n>";  // no field's name begins so
  append_variant(into.identity, varies_by, fields);
  into.id = hash128(into.identity);
  return true;
}

bool select_variant(const ResourceName& resource, std::optional<std::string_view> marker,
                    const http::FieldList& request, VariantName& into) {
  if (!marker || marker->empty()) {
    name_variant(resource, {}, request, into);
    return false;
  }
  if (into.varies_by != *marker) name_variant(resource, *marker, request, into);
  return true;
}

EntryKind kind_of(const EntryMeta& meta, TimePoint now) noexcept {
  if ((meta.flags & kVaryMarker) != 0) return EntryKind::vary_marker;
  if ((meta.flags & (kHitForMiss | kPartial)) == 0) return EntryKind::response;
  if ((meta.flags & kPartial) != 0) return EntryKind::part;
  return meta.fresh_until_ms > now.time_since_epoch().count() ? EntryKind::hit_for_miss : EntryKind::expired_mark;
}

}  // namespace cachearr::caching
