// The name under which a response is stored, and the one that a request selects (RFC 9111 4.1): one place for memory,
// disk, shared fetches and explain. Pure.
//
// A look-up in any tier takes at most two steps:
//
//   entry = find(resource.id, resource.identity);
//   if (select_variant(resource, marker_of(entry), request, name)) entry = find(name.id, name.identity);
//   switch (kind_of(entry->meta, now)) …
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "base/hash.hpp"
#include "caching/entry_meta.hpp"
#include "http/message.hpp"

namespace cachearr::caching {

/// A resource before anything is known of its variants. Views of what the caller keeps.
struct ResourceName {
  std::string_view identity;
  Hash128 id;  // hash of `identity`
};

/// Names one stored response in every tier. Kept between requests, it keeps its capacity.
struct VariantName {
  std::string varies_by;  // names of the selecting fields as to_text(Selecting) writes them; empty: it does not vary
  std::string identity;   // the resource's own, and where it varies a line end and the fields in normal form
  Hash128 id;             // hash of `identity`
  friend bool operator==(const VariantName&, const VariantName&) = default;
};

/// The sie_seconds of a vary marker: it is of use as long as any variant may be.
inline constexpr std::uint32_t kAlwaysOfUse = 0xFFFF'FFFF;

/// A vary marker of which nothing counts but the names. What points to a response has an end of its own.
inline bool names_only(const EntryMeta& meta) noexcept {
  return (meta.flags & kVaryMarker) != 0 && meta.sie_seconds == kAlwaysOfUse;
}

/// The names in a vary marker; none where the entry is something else, or where there is no entry.
template <class Pointer>
std::optional<std::string_view> marker_of(const Pointer& entry) {
  if (!entry || (entry->meta.flags & kVaryMarker) == 0) return std::nullopt;
  return std::string_view{entry->head()};
}

/// The variant that these request fields select where the resource varies by `varies_by`; the resource itself where
/// that is empty.
void name_variant(const ResourceName& resource, std::string_view varies_by, const http::FieldList& request,
                  VariantName& into);

/// The name under which stands which variant has come in this language, where the resource varies by Accept-Language
/// and these requests agree in the other selecting fields. False where it does not, or the language is empty. No
/// request selects such a name.
bool name_language(const ResourceName& resource, std::string_view varies_by, const http::FieldList& request,
                   std::string_view language, VariantName& into);

/// Called with the marker that stands under the resource's own name. True where there is one: the response is to be
/// looked for once more, at `into`. False: what was found, or is missing, is it, and `into` is the resource itself.
/// Where `into.varies_by` says the same already, `into` must be this request's own, and the call costs nothing.
bool select_variant(const ResourceName& resource, std::optional<std::string_view> marker,
                    const http::FieldList& request, VariantName& into);

/// What a stored entry is to a request that selected it.
enum class EntryKind : std::uint8_t {
  response,
  vary_marker,
  part,          // of a response: answers what lies within it, and nothing else
  hit_for_miss,  // the last answer could not be stored: do not collapse
  expired_mark,  // a hit-for-miss mark that is over: as if nothing were there
};
EntryKind kind_of(const EntryMeta& meta, TimePoint now) noexcept;

}  // namespace cachearr::caching
