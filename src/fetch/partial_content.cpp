#include "fetch/partial_content.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "caching/partial.hpp"
#include "caching/reuse.hpp"
#include "caching/variant.hpp"

namespace cachearr::fetch {

using http::ContentRange;
using http::FieldId;
using Pieces = std::vector<std::string_view>;

namespace {

/// A join copies all that is stored: it must add something to it.
constexpr std::uint64_t kCheapJoin = 1024 * 1024;
constexpr std::uint64_t kSmallestShare = 8;

bool asks_for_whole(const FetchJob& job) {
  const auto& fields = job.head().fields;
  return job.head().method == http::Method::get && job.context->disposition == pipeline::Disposition::fetch &&
         !job.own_codings && !job.upgrade && !fields.has(FieldId::range) && !fields.has(FieldId::if_none_match) &&
         !fields.has(FieldId::if_modified_since) && !fields.has(FieldId::if_match) &&
         !fields.has(FieldId::if_unmodified_since);
}

bool is_part(const store::EntryPtr& entry) { return entry && (entry->meta.flags & caching::kPartial) != 0; }

bool is_fresh(const store::Entry& entry, TimePoint now) {
  return caching::judge(entry.meta, {}, now).reuse == caching::Reuse::fresh;
}

std::optional<ContentRange> range_of(const http::ResponseHead& head) {
  return http::parse_content_range(head.fields.value(FieldId::content_range));
}

std::uint64_t size_of(std::span<const std::string_view> pieces) {
  std::uint64_t size = 0;
  for (const auto piece : pieces) size += piece.size();
  return size;
}

/// Bytes `from` to `to` (exclusive) of what the pieces are together.
Pieces cut(std::span<const std::string_view> pieces, std::uint64_t from, std::uint64_t to) {
  Pieces out;
  std::uint64_t at = 0;
  for (const auto piece : pieces) {
    const auto begin = std::clamp(from, at, at + piece.size());
    const auto end = std::clamp(to, at, at + piece.size());
    if (begin < end) out.push_back(piece.substr(begin - at, end - begin));
    at += piece.size();
  }
  return out;
}

bool begins_with(std::span<const std::string_view> pieces, std::string_view text) {
  for (const auto piece : pieces) {
    if (text.substr(0, piece.size()) != piece) return false;
    text.remove_prefix(piece.size());
  }
  return text.empty();
}

/// What one part has of the bytes from `first` to `last`.
std::string_view within(std::string_view body, const ContentRange& range, std::uint64_t first, std::uint64_t last) {
  return first > last ? std::string_view{} : body.substr(first - range.first, last - first + 1);
}

struct Part {
  http::ResponseHead head;
  ContentRange range;
  Pieces body;
};

enum class Fit : std::uint8_t {
  none,
  joined,
  not_worth  // what is stored is of more use than the new part
};

/// The new part with what the stored one has before and behind it.
Fit join(const store::Entry& stored, Part& part, std::string& head_text) {
  http::ResponseHead head;
  if (!http::parse_stored_head(stored.head(), head) || !caching::share_strong_validator(head, part.head))
    return Fit::none;
  const auto range = range_of(head);
  if (!range || range->size != part.range.size) return Fit::none;
  const auto both = caching::joined(*range, part.range);
  if (!both) return range->length() > part.range.length() ? Fit::not_worth : Fit::none;
  const auto first = std::max(range->first, part.range.first), last = std::min(range->last, part.range.last);
  const auto both_have = within(stored.body(), *range, first, last);
  const auto from = first > last ? 0 : first - part.range.first;
  if (!begins_with(cut(part.body, from, from + both_have.size()), both_have)) return Fit::none;
  const auto added = both->length() - range->length();
  if (both->length() > kCheapJoin && !both->is_whole() && added * kSmallestShare < range->length())
    return Fit::not_worth;
  Pieces body;
  if (range->first < part.range.first)
    body.push_back(within(stored.body(), *range, range->first, part.range.first - 1));
  body.insert(body.end(), part.body.begin(), part.body.end());
  if (range->last > part.range.last) body.push_back(within(stored.body(), *range, part.range.last + 1, range->last));
  head_text = caching::combined_head(head, part.head, *both);
  part.range = *both;
  part.body = std::move(body);
  return Fit::joined;
}

}  // namespace

std::unique_ptr<Completion> begin_completion(FetchContext& worker, const FetchJob& job) {
  if (!asks_for_whole(job)) return nullptr;
  const auto& name = job.context->variant;
  const auto generation = worker.shared.store.generation();
  auto part = worker.shared.store.find(name.id, name.identity);
  http::ResponseHead head;
  if (!is_part(part) || !http::parse_stored_head(part->head(), head)) return nullptr;
  // What cannot be proved to fit may cost a second request: not where requests may be counted.
  if (!caching::has_strong_validator(head) && job.context->verdict.rule) return nullptr;
  const auto range = range_of(head);
  const auto rest = range ? caching::rest_of(*range) : std::nullopt;
  if (!rest) return nullptr;
  auto completion = std::make_unique<Completion>();
  completion->generation = generation;
  completion->part_head = http::Owned<http::ResponseHead>{head, part->head()};
  completion->part = std::move(part);
  completion->rest = *rest;
  return completion;
}

void give_up(FetchContext& worker, const Completion& completion) {
  const auto& part = *completion.part;
  if (worker.shared.store.find(part.id(), part.identity()).get() == &part)
    worker.shared.store.erase(part.id(), part.identity());
}

bool accept_rest(Completion& completion, const UpstreamResponse& response) {
  const auto& part = completion.part_head.head;
  const auto& rest = completion.rest;
  if (!caching::completes(part, rest, response.head, response.framing)) return false;
  const auto text = caching::combined_head(part, response.head, {0, rest.size - 1, rest.size});
  http::ResponseHead whole;
  if (!http::parse_stored_head(text, whole)) return false;
  completion.whole = http::Owned<http::ResponseHead>{whole, text};
  completion.framing = response.framing;
  completion.framing.length = rest.size;
  return true;
}

void store_part(FetchContext& worker, FetchJob& job, const ResponsePlan& plan, const ResponseHeadText& head,
                std::span<const std::string_view> body) {
  Part part;
  part.range = *plan.part;
  part.body.assign(body.begin(), body.end());
  if (size_of(body) != part.range.length() || !http::parse_stored_head(head.text, part.head)) return;
  auto text = caching::combined_head(part.head, part.head, part.range);
  const auto there = find_stored(worker, job, plan.selecting);
  if (there && caching::kind_of(there->meta, worker.now()) == caching::EntryKind::response) return;
  const auto fit = is_part(there) ? join(*there, part, text) : Fit::none;
  if (fit == Fit::not_worth && is_fresh(*there, worker.now())) return;
  if (fit == Fit::joined) job.cost = caching::joined(job.cost, there->cost());
  auto verdict = plan.verdict;
  if (part.range.is_whole()) {
    verdict.meta.status = 200;
    verdict.meta.flags = static_cast<std::uint16_t>(verdict.meta.flags & ~caching::kPartial);
  }
  ResponseHeadText combined{std::move(text)};
  find_etag(combined);
  store_response(worker, job, verdict, combined, plan.selecting, part.body);
}

}  // namespace cachearr::fetch
