// Ranges lie inside of the representation and are together no larger; conditions are total.
#include "fuzz/input.hpp"
#include "http/conditions.hpp"

using namespace cachearr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto head = fuzz::request_of(fuzz::text_of(data, size));
  http::Validators validators;
  validators.etag = "\"a\"";
  validators.last_modified = TimePoint{std::chrono::seconds{784'111'777}};
  validators.date = TimePoint{std::chrono::seconds{1'700'000'000}};
  const auto precondition = http::evaluate(head, validators);
  if (!head.fields.has(http::FieldId::if_match) && !head.fields.has(http::FieldId::if_unmodified_since)) {
    fuzz::require(precondition != http::Precondition::failed);
  }
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, ~std::uint64_t{0}}) {
    const auto verdict = http::select_ranges(head, validators, length);
    fuzz::require((verdict.kind == http::RangeVerdict::Kind::ranges) != verdict.ranges.empty());
    std::uint64_t left = length;
    for (const auto& range : verdict.ranges) {
      fuzz::require(range.first <= range.last && range.last < length);
      fuzz::require(range.last - range.first < left);
      left -= range.last - range.first + 1;
    }
  }
  return 0;
}
