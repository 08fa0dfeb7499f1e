// Keys as their users see them: a value with a type and a time to live, whatever stands behind it in the store.
//
// A key names stored answers of upstreams, or a value put here by hand. The latter lives under an identity that no
// request has, so that it answers nobody but users of this API; it is gone when its time is over, while an answer
// stays, stale, as long as the store keeps it. Setting a key that names answers replaces each of them: who asks for
// them through the proxy gets the new value until it is stale. Pure but for the store that is given; admin thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/call.hpp"
#include "base/result.hpp"
#include "store/store.hpp"

namespace cachearr::admin {

/// The moment until which a value without a time to live is fresh.
inline constexpr TimePoint kNever{Duration{caching::kForeverMs}};
inline constexpr std::size_t kLongestKeyName = 8000;

/// Whether users still see it.
bool is_there(const store::EntryMeta& meta, TimePoint now) noexcept;
/// Seconds, as Redis says it: -1 without a time to live, never less than 0 for one that is there.
std::int64_t time_to_live(const store::EntryMeta& meta, TimePoint now) noexcept;

/// Under which a value that was put by hand is stored. Identities of requests begin with a partition: "-" or 32
/// hexadecimal digits.
std::string identity_by_hand(std::string_view key);

/// What is stored under the key and there, the newest first.
std::vector<store::EntryPtr> entries_of(store::Store& store, std::string_view key, TimePoint now);

/// A stored body as a client can take it.
struct Value {
  std::string content_type;
  std::string content_encoding;        // empty: none
  std::optional<std::string> decoded;  // where the stored body had to be decoded
  std::string_view body(const store::Entry& entry) const noexcept { return decoded ? *decoded : entry.body(); }
};
/// `accepted`: the client's Accept-Encoding; none: it did not say, so it gets no coding at all.
Value value_of(const store::Entry& entry, std::optional<std::string_view> accepted);

struct NewValue {
  std::string_view key, body, content_type, content_encoding, type;
  std::optional<TimePoint> until;  // none: a value by hand never ends, an answer keeps the time it has
};
/// Of an invalidation that is in effect but may be forgotten by a restart.
Answer not_for_good(const Error& problem);

struct SetResult {
  enum class Kind : std::uint8_t { made, replaced, too_large } kind = Kind::too_large;
  std::vector<store::EntryPtr> stored;
};
SetResult set_value(store::Store& store, const NewValue& value, TimePoint now);

}  // namespace cachearr::admin
