#include "client/content_coder.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "client/representation.hpp"
#include "content/decoder.hpp"
#include "content/encoder.hpp"

namespace cachearr::client {

using content::Coding;
using http::FieldId;

namespace {

constexpr std::uint64_t kMinPlain = 1024;
// What a worker may spend its time on between two other clients; larger text goes out as it is stored.
constexpr std::uint64_t kMaxPlain = 256 * 1024;
constexpr std::uint64_t kKeptOverhead = 256;

store::EntryPtr entry_with(const store::Entry& entry, std::string_view body, Coding coding, bool has_length) {
  auto head = recode_head(entry.head(), coding);
  if (head.text.empty()) return {};
  if (has_length) head.text.append("Content-Length: ").append(std::to_string(body.size())) += "\r\n";
  store::EntryParts parts;
  parts.meta = entry.meta;
  parts.meta.etag_at = static_cast<std::uint16_t>(head.etag_at);
  parts.meta.etag_size = static_cast<std::uint16_t>(head.etag_size);
  const std::array<std::string_view, 1> pieces{body};
  parts.id = entry.id();
  parts.head = head.text;
  parts.body = pieces;
  return store::make_entry(parts);
}

std::uint64_t cost_of(const store::EntryPtr& made) noexcept { return kKeptOverhead + (made ? made->footprint() : 0); }

Hash128 place_of(const store::Entry& entry, Coding to) noexcept {
  return {entry.id().low ^ static_cast<std::uint64_t>(to), entry.id().high};
}

store::EntryPtr packed(const store::Entry& entry, std::string_view plain, Coding to) {
  const auto body = content::encode(plain, to);
  return body ? entry_with(entry, *body, to, true) : store::EntryPtr{};
}

}  // namespace

Fitting ContentCoder::fit(const store::EntryPtr& entry, const http::RequestHead& request, bool packs_text) {
  http::ResponseHead head;
  if (!http::parse_stored_head(entry->head(), head)) return {};
  auto coding = head.fields.joined(FieldId::content_encoding);
  const auto stored = content::coding_of(coding);
  if (stored == Coding::identity) return fit_plain(entry, head, request, packs_text);
  switch (judge_coding(head, request)) {
    case Delivered::as_it_is: return {.varies = !http::varies_by_coding(head.fields)};
    case Delivered::anew: return {.kind = Fitting::Kind::anew};
    case Delivered::decoded: break;
  }
  const auto wanted = stored == Coding::unknown
                          ? Coding::identity
                          : content::choose_coding(request.fields.joined(FieldId::accept_encoding), stored);
  auto kept = converted(entry, coding, wanted);
  if (!kept.made) return {.kind = Fitting::Kind::anew};
  if (!kept.in_steps) return {.made = std::move(kept.made)};
  return {.kind = Fitting::Kind::in_steps, .made = std::move(kept.made), .coding = std::move(coding)};
}

Fitting ContentCoder::fit_plain(const store::EntryPtr& entry, const http::ResponseHead& head,
                                const http::RequestHead& request, bool packs_text) {
  const auto accepted = request.fields.joined(FieldId::accept_encoding);
  const bool refused = !content::accepts(accepted, Coding::identity);
  const auto size = entry->body().size();
  const bool eligible = entry->meta.status == 200 && (entry->meta.flags & store::EntryFlag::kText) != 0 &&
                        size <= kMaxPlain && (refused || (packs_text && size >= kMinPlain)) &&
                        !says_no_transform(head.fields) && !says_no_transform(request.fields);
  if (!eligible) return {};
  const bool varies = !http::varies_by_coding(head.fields);
  const auto wanted = content::choose_coding(accepted, Coding::identity);
  // A part of what is stored is of more use than a part of something made of it.
  if (wanted == Coding::identity || request.fields.has(FieldId::range)) return {.varies = varies};
  auto kept = converted(entry, {}, wanted);
  const bool worth = kept.made && (refused || kept.made->body().size() < size);
  return worth ? Fitting{.made = std::move(kept.made)} : Fitting{.varies = varies};
}

ContentCoder::Kept ContentCoder::convert(const store::Entry& entry, std::string_view coding, Coding to) {
  Kept kept{entry.meta, {}};
  if (coding.empty()) {
    kept.made = packed(entry, entry.body(), to);
    return kept;
  }
  content::Decoder decoder{coding};
  std::string plain;
  auto body = entry.body();
  const auto state = decoder.feed(body, plain, content::kDecodeStep);
  if (state == content::DecodeState::pending) {
    kept.in_steps = true;
    kept.made = entry_with(entry, {}, Coding::identity, false);
  } else if (entry.body().empty() || decoder.finish() == content::DecodeState::whole) {
    kept.made = to == Coding::identity ? entry_with(entry, plain, to, true) : packed(entry, plain, to);
  }
  return kept;
}

ContentCoder::Kept ContentCoder::converted(const store::EntryPtr& entry, std::string_view coding, Coding to) {
  const auto place = place_of(*entry, to);
  const auto known = kept_.find(place);
  // Any other answer under this identity was stored at another time.
  if (known != kept_.end() && std::memcmp(&known->second.of, &entry->meta, sizeof entry->meta) == 0)
    return known->second;
  auto made = convert(*entry, coding, to);
  bytes_ += cost_of(made.made);
  if (known != kept_.end()) {
    bytes_ -= cost_of(known->second.made);
    known->second = made;
  } else {
    kept_.emplace(place, made);
    order_.push_back(place);
  }
  drop_oldest();
  return made;
}

void ContentCoder::drop_oldest() {
  while (bytes_ > max_bytes_) {
    const auto oldest = kept_.find(order_.front());
    bytes_ -= cost_of(oldest->second.made);
    kept_.erase(oldest);
    order_.pop_front();
  }
}

}  // namespace cachearr::client
