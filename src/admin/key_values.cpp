#include "admin/key_values.hpp"

#include <algorithm>
#include <array>

#include "base/hash.hpp"
#include "caching/storing.hpp"
#include "content/coding.hpp"
#include "content/decoder.hpp"
#include "http/date.hpp"
#include "http/message.hpp"

namespace cachearr::admin {

using http::FieldId;

Answer not_for_good(const Error& reason) {
  return problem(503, "it is gone now, but may come back when cachearr is started again: the disk could not be told (" +
                          reason.what + ")");
}

namespace {

constexpr std::uint64_t kLargestDecoded = 256ULL * 1024 * 1024;

/// A strong validator of exactly these bytes.
std::string etag_of(std::string_view body) { return "\"" + to_hex(hash128(body)) + "\""; }

struct Head {
  std::string text;
  std::size_t etag_at = 0, etag_size = 0;
};

Head head_of(const NewValue& value, TimePoint now) {
  Head head;
  auto& text = head.text;
  text.append("HTTP/1.1 200 OK\r\nContent-Type: ").append(value.content_type).append("\r\n");
  if (!value.content_encoding.empty()) text.append("Content-Encoding: ").append(value.content_encoding).append("\r\n");
  const auto etag = etag_of(value.body);
  text += "ETag: ";
  head.etag_at = text.size();
  head.etag_size = etag.size();
  text.append(etag).append("\r\nDate: ").append(http::format_date(now)).append("\r\nVia: 1.1 cachearr\r\n");
  text.append("Content-Length: ").append(std::to_string(value.body.size())).append("\r\n");
  return head;
}

/// Makes entries of one value, under as many identities as it takes.
class Setter {
 public:
  Setter(store::Store& store, const NewValue& value, TimePoint now)
      : store_{store}, value_{value}, now_{now}, head_{head_of(value, now)}, body_{value.body} {}

  bool put_in_place_of(const store::Entry& old) {
    auto parts =
        parts_for(old.id(), old.identity(), value_.until.value_or(TimePoint{Duration{old.meta.fresh_until_ms}}));
    parts.upstream = old.upstream();
    parts.type = old.type();
    parts.tag_hashes = old.tags();
    parts.meta.label = old.meta.label;
    parts.cost = old.cost();
    parts.hits = old.hits();
    parts.fetches = old.fetches();
    parts.meta.flags |= caching::kFromRule;
    return put(parts);
  }

  bool put_by_hand() {
    const auto identity = identity_by_hand(value_.key);
    auto parts = parts_for(hash128(identity), identity, value_.until.value_or(kNever));
    parts.type = value_.type;
    parts.meta.flags |= caching::kByHand;
    return put(parts) && (store_.find(parts.id, identity) || store_.may_be_on_disk(parts.id));
  }

  std::vector<store::EntryPtr> stored() { return std::move(stored_); }

 private:
  store::EntryParts parts_for(const Hash128& id, std::string_view identity, TimePoint until) const {
    store::EntryParts parts{};
    parts.id = id;
    parts.identity = identity;
    parts.key = value_.key;
    parts.head = head_.text;
    parts.body = body_;
    auto& meta = parts.meta;
    meta.born_ms = meta.stored_ms = meta.date_ms = now_.time_since_epoch().count();
    meta.fresh_until_ms = until.time_since_epoch().count();
    meta.status = 200;
    if (value_.content_encoding.empty()) meta.flags = caching::kUncoded;
    meta.etag_at = static_cast<std::uint16_t>(head_.etag_at);
    meta.etag_size = static_cast<std::uint16_t>(head_.etag_size);
    return parts;
  }
  bool put(const store::EntryParts& parts) {
    auto entry = store::make_entry(parts);
    if (!entry) return false;
    store_.put(entry);
    stored_.push_back(std::move(entry));
    return true;
  }

  store::Store& store_;
  const NewValue& value_;
  TimePoint now_;
  Head head_;
  std::array<std::string_view, 1> body_;
  std::vector<store::EntryPtr> stored_;
};

}  // namespace

std::string identity_by_hand(std::string_view key) { return "api\n" + std::string{key}; }

bool is_there(const store::EntryMeta& meta, TimePoint now) noexcept {
  return (meta.flags & caching::kByHand) == 0 || meta.fresh_until_ms > now.time_since_epoch().count();
}

std::int64_t time_to_live(const store::EntryMeta& meta, TimePoint now) noexcept {
  if (meta.fresh_until_ms >= kNever.time_since_epoch().count()) return -1;
  return std::max<std::int64_t>(caching::ttl_at(meta, now), 0);
}

std::vector<store::EntryPtr> entries_of(store::Store& store, std::string_view key, TimePoint now) {
  auto entries = store.find_key(key);
  std::erase_if(entries, [now](const store::EntryPtr& entry) { return !is_there(entry->meta, now); });
  return entries;
}

Value value_of(const store::Entry& entry, std::optional<std::string_view> accepted) {
  Value value;
  http::ResponseHead head;
  if (http::parse_stored_head(entry.head(), head)) {
    value.content_type = head.fields.value(FieldId::content_type);
    value.content_encoding = head.fields.joined(FieldId::content_encoding);
  }
  if (value.content_type.empty()) value.content_type = "application/octet-stream";
  const auto stored = content::coding_of(value.content_encoding);
  if (stored == content::Coding::identity) value.content_encoding.clear();
  if (stored == content::Coding::identity || stored == content::Coding::unknown) return value;
  if (accepted && content::choose_coding(*accepted, stored) == stored) return value;
  value.decoded = content::decode(content::name_of(stored), entry.body(), {kLargestDecoded});
  if (value.decoded) value.content_encoding.clear();
  return value;
}

SetResult set_value(store::Store& store, const NewValue& value, TimePoint now) {
  Setter setter{store, value, now};
  bool answers = false, by_hand = false, there = false;
  for (const auto& old : store.find_key(value.key)) {
    there |= is_there(old->meta, now);
    if ((old->meta.flags & caching::kByHand) != 0) {
      by_hand = true;
      continue;
    }
    answers = true;
    if (!setter.put_in_place_of(*old)) return {};
  }
  if ((by_hand || !answers) && !setter.put_by_hand()) return {};
  return {there ? SetResult::Kind::replaced : SetResult::Kind::made, setter.stored()};
}

}  // namespace cachearr::admin
