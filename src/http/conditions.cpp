#include "http/conditions.hpp"

#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "http/date.hpp"

namespace cachearr::http {

namespace {

constexpr std::size_t kMaxRanges = 16;
constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();

std::string_view opaque(std::string_view tag) noexcept { return tag.starts_with("W/") ? tag.substr(2) : tag; }

/// Length of the entity-tag at the front, or 0. The opaque part knows no escapes, and may hold commas.
std::size_t entity_tag_length(std::string_view text) noexcept {
  const std::size_t quote = text.starts_with("W/") ? 2 : 0;
  if (quote >= text.size() || text[quote] != '"') return 0;
  for (std::size_t i = quote + 1; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '"') return i + 1;
    if (byte <= 0x20 || byte == 0x7F) return 0;
  }
  return 0;
}

using Matcher = bool (*)(std::string_view, std::string_view) noexcept;

/// True for "*" and for a list in which a member matches. What stands behind the first malformed member is not read.
bool list_matches(std::string_view list, std::string_view etag, Matcher matches) noexcept {
  if (text::trim(list) == "*") return true;
  while (true) {
    while (!list.empty() && (list.front() == ',' || list.front() == ' ' || list.front() == '\t')) list.remove_prefix(1);
    const auto length = entity_tag_length(list);
    if (length == 0) return false;
    if (matches(list.substr(0, length), etag)) return true;
    list = text::trim(list.substr(length));
    if (!list.empty() && list.front() != ',') return false;
  }
}

bool any_line_matches(const FieldList& fields, FieldId id, std::string_view etag, Matcher matches) noexcept {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const Field& field) { return field.id == id && list_matches(field.value, etag, matches); });
}

/// The date of a field that stands there once; anything else is ignored.
std::optional<TimePoint> date_of(const FieldList& fields, FieldId id, const Validators& validators) noexcept {
  if (fields.count(id) != 1) return std::nullopt;
  return parse_date(fields.value(id), validators.date.value_or(TimePoint{}));
}

/// RFC 9110 13.1.5: only what is known to be the very same bytes may be continued.
bool if_range_holds(const FieldList& fields, const Validators& validators) noexcept {
  if (!fields.has(FieldId::if_range)) return true;
  if (fields.count(FieldId::if_range) != 1) return false;
  const auto value = fields.value(FieldId::if_range);
  if (is_entity_tag(value)) return strong_match(value, validators.etag);
  const auto date = parse_date(value, validators.date.value_or(TimePoint{}));
  if (!date || !validators.last_modified || !validators.date) return false;
  // A date is a strong validator only if the representation had been left alone for a while (RFC 9110 8.8.2.2).
  const bool strong = *validators.date - *validators.last_modified >= std::chrono::seconds{1};
  return strong && *date == *validators.last_modified;
}

bool is_all_digits(std::string_view text) noexcept {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

enum class Spec : std::uint8_t { invalid, unsatisfiable, satisfiable };

/// One range-spec ("0-499", "500-", "-500") for a representation of `size` bytes, which is not 0.
Spec read_spec(std::string_view spec, std::uint64_t size, ByteRange& range) noexcept {
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos) return Spec::invalid;
  const auto first_text = spec.substr(0, dash);
  const auto last_text = spec.substr(dash + 1);
  if (!first_text.empty() && !is_all_digits(first_text)) return Spec::invalid;
  if (!last_text.empty() && !is_all_digits(last_text)) return Spec::invalid;
  // Numbers beyond 64 bits are beyond every representation.
  const auto first = text::parse_unsigned(first_text).value_or(kEndless);
  const auto last = text::parse_unsigned(last_text).value_or(kEndless);
  if (first_text.empty()) {
    if (last_text.empty()) return Spec::invalid;
    if (last == 0) return Spec::unsatisfiable;
    range = {size - std::min(last, size), size - 1};
    return Spec::satisfiable;
  }
  if (first > last) return Spec::invalid;
  if (first >= size) return Spec::unsatisfiable;
  range = {first, std::min(last, size - 1)};
  return Spec::satisfiable;
}

/// Parts that together are more than the whole serve nobody but an attacker (RFC 9110 17.15).
bool exceeds_whole(const std::vector<ByteRange>& ranges, std::uint64_t size) noexcept {
  std::uint64_t left = size;
  for (const auto& range : ranges) {
    const auto length = range.last - range.first + 1;
    if (length > left) return true;
    left -= length;
  }
  return false;
}

RangeVerdict read_ranges(std::string_view set, std::uint64_t size) {
  RangeVerdict verdict;
  bool valid = true;
  std::size_t members = 0;
  text::for_each_member(set, [&](std::string_view spec) {
    if (!valid || ++members > kMaxRanges) {
      valid = false;
      return;
    }
    ByteRange range;
    const auto outcome = read_spec(spec, size, range);
    valid = outcome != Spec::invalid;
    if (outcome == Spec::satisfiable) verdict.ranges.push_back(range);
  });
  if (!valid || members == 0 || exceeds_whole(verdict.ranges, size)) return {};
  verdict.kind = verdict.ranges.empty() ? RangeVerdict::Kind::unsatisfiable : RangeVerdict::Kind::ranges;
  return verdict;
}

}  // namespace

bool weak_match(std::string_view a, std::string_view b) noexcept {
  return is_entity_tag(a) && is_entity_tag(b) && opaque(a) == opaque(b);
}

bool strong_match(std::string_view a, std::string_view b) noexcept {
  return is_entity_tag(a) && !a.starts_with("W/") && a == b;
}

bool is_entity_tag(std::string_view text) noexcept {
  const auto length = entity_tag_length(text);
  return length != 0 && length == text.size();
}

Precondition evaluate(const RequestHead& request, const Validators& validators) {
  const auto& fields = request.fields;
  if (fields.has(FieldId::if_match)) {
    if (!any_line_matches(fields, FieldId::if_match, validators.etag, strong_match)) return Precondition::failed;
  } else if (const auto since = date_of(fields, FieldId::if_unmodified_since, validators)) {
    if (validators.last_modified && *validators.last_modified > *since) return Precondition::failed;
  }
  if (fields.has(FieldId::if_none_match)) {
    const bool matches = any_line_matches(fields, FieldId::if_none_match, validators.etag, weak_match);
    return matches ? Precondition::not_modified : Precondition::proceed;
  }
  const auto since = date_of(fields, FieldId::if_modified_since, validators);
  // Without Last-Modified, Date is when the representation was last known to change (RFC 9111 4.3.2).
  const auto modified = validators.last_modified ? validators.last_modified : validators.date;
  return since && modified && *modified <= *since ? Precondition::not_modified : Precondition::proceed;
}

RangeVerdict select_ranges(const RequestHead& request, const Validators& validators, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  const auto& fields = request.fields;
  if (request.method != Method::get || fields.count(FieldId::range) != 1) return {};
  const auto value = fields.value(FieldId::range);
  if (!text::iequals(value.substr(0, unit.size()), unit) || !if_range_holds(fields, validators)) return {};
  // Nothing of nothing: the whole answer says so best.
  if (size == 0) return {};
  return read_ranges(value.substr(unit.size()), size);
}

}  // namespace cachearr::http
