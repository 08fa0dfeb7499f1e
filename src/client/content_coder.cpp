#include "client/content_coder.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "content/decoder.hpp"
#include "content/encoder.hpp"

namespace cachearr::client {

using content::Coding;
using http::FieldId;

namespace {

constexpr std::uint64_t kMinPlain = 1024;
// What a worker may spend its time on between two other clients; larger text goes out as it is stored.
constexpr std::uint64_t kMaxPlain = 256 * 1024;
// To decode is ten times faster, and a client that does not take the stored coding has no use for it.
constexpr std::uint64_t kMaxDecoded = 32 * 1024 * 1024;
constexpr std::uint64_t kKeptOverhead = 256;

bool lists(const http::FieldList& fields, FieldId id, std::string_view wanted) {
  bool found = false;
  for (const auto& field : fields) {
    if (field.id != id) continue;
    text::for_each_member(
        field.value, [&](std::string_view member) { found = found || text::iequals(member, wanted) || member == "*"; });
  }
  return found;
}

/// How an answer is stored; unknown where it is not to be converted.
Coding stored_coding(const store::Entry& entry, const http::FieldList& fields) {
  if (lists(fields, FieldId::cache_control, "no-transform")) return Coding::unknown;
  if (fields.count(FieldId::content_encoding) > 1) return Coding::unknown;
  const auto coding = content::coding_of(fields.value(FieldId::content_encoding));
  if (coding != Coding::identity) return coding;
  const bool worth = (entry.meta.flags & store::EntryFlag::kText) != 0 && entry.body().size() >= kMinPlain &&
                     entry.body().size() <= kMaxPlain;
  return worth ? coding : Coding::unknown;
}

struct Recoded {
  std::string body;
  Coding coding = Coding::identity;
};

std::optional<Recoded> recode(std::string_view body, Coding from, Coding to) {
  auto plain = content::decode(name_of(from), body, {kMaxDecoded});
  if (!plain) return std::nullopt;
  if (to == Coding::identity || plain->size() > kMaxPlain) return Recoded{*std::move(plain), Coding::identity};
  auto encoded = content::encode(*plain, to);
  if (!encoded || (from == Coding::identity && encoded->size() >= body.size())) return std::nullopt;
  return Recoded{*std::move(encoded), to};
}

/// Fields that speak of the bytes as they were.
bool is_of_these_bytes(const http::Field& field) {
  if (field.id == FieldId::content_length || field.id == FieldId::content_encoding) return true;
  for (const std::string_view name : {"content-md5", "digest", "content-digest", "repr-digest"}) {
    if (text::iequals(field.name, name)) return true;
  }
  return false;
}

store::EntryPtr with_body(const store::Entry& entry, const http::FieldList& fields, const Recoded& recoded) {
  store::EntryParts parts;
  parts.meta = entry.meta;
  parts.meta.etag_at = parts.meta.etag_size = 0;
  std::string head{entry.head().substr(0, entry.head().find('\n') + 1)};
  for (const auto& field : fields) {
    if (is_of_these_bytes(field)) continue;
    head.append(field.name).append(": ");
    const bool is_etag = field.id == FieldId::etag && parts.meta.etag_size == 0;
    const auto at = head.size();
    if (is_etag && !field.value.starts_with("W/")) head += "W/";
    head.append(field.value);
    if (is_etag) {
      parts.meta.etag_at = static_cast<std::uint16_t>(at);
      parts.meta.etag_size = static_cast<std::uint16_t>(head.size() - at);
    }
    head += "\r\n";
  }
  if (recoded.coding != Coding::identity) head.append("Content-Encoding: ").append(name_of(recoded.coding)) += "\r\n";
  head.append("Content-Length: ").append(std::to_string(recoded.body.size())) += "\r\n";
  const std::array<std::string_view, 1> pieces{recoded.body};
  parts.id = entry.id();
  parts.head = head;
  parts.body = pieces;
  return store::make_entry(parts);
}

std::uint64_t cost_of(const store::EntryPtr& converted) noexcept {
  return kKeptOverhead + (converted ? converted->footprint() : 0);
}

Hash128 place_of(const store::Entry& entry, Coding to) noexcept {
  return {entry.id().low ^ static_cast<std::uint64_t>(to), entry.id().high};
}

}  // namespace

ContentCoder::Encoded ContentCoder::encode_for(const store::EntryPtr& entry, const http::RequestHead& request) {
  http::ResponseHead head;
  if (entry->meta.status != 200 || !http::parse_stored_head(entry->head(), head)) return {entry, false};
  const auto stored = stored_coding(*entry, head.fields);
  if (stored == Coding::unknown) return {entry, false};
  const bool varies = !lists(head.fields, FieldId::vary, "accept-encoding");
  const auto wanted = content::choose_coding(request.fields.joined(FieldId::accept_encoding), stored);
  // A part of what is stored is of more use than a part of something made of it.
  const bool as_it_is = wanted == stored || (stored == Coding::identity && request.fields.has(FieldId::range));
  if (as_it_is) return {entry, varies};
  const auto made = converted(entry, stored, wanted);
  return {made ? made : entry, varies};
}

store::EntryPtr ContentCoder::converted(const store::EntryPtr& entry, Coding from, Coding to) {
  const auto place = place_of(*entry, to);
  const auto known = kept_.find(place);
  // Any other answer under this identity was stored at another time.
  if (known != kept_.end() && std::memcmp(&known->second.of, &entry->meta, sizeof entry->meta) == 0)
    return known->second.converted;
  Kept made{entry->meta, {}};
  http::ResponseHead head;
  const auto recoded = recode(entry->body(), from, to);
  if (recoded && http::parse_stored_head(entry->head(), head))
    made.converted = with_body(*entry, head.fields, *recoded);
  auto result = made.converted;
  if (known != kept_.end()) {
    bytes_ -= cost_of(known->second.converted);
    bytes_ += cost_of(result);
    known->second = std::move(made);
  } else {
    bytes_ += cost_of(result);
    kept_.emplace(place, std::move(made));
    order_.push_back(place);
  }
  drop_oldest();
  return result;
}

void ContentCoder::drop_oldest() {
  while (bytes_ > max_bytes_) {
    const auto oldest = kept_.find(order_.front());
    bytes_ -= cost_of(oldest->second.converted);
    kept_.erase(oldest);
    order_.pop_front();
  }
}

}  // namespace cachearr::client
