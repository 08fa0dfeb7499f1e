// A date that was read can be written and read again.
#include "fuzz/input.hpp"
#include "http/date.hpp"

using namespace cachearr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const TimePoint now{std::chrono::seconds{1'700'000'000}};
  if (const auto date = http::parse_date(text, now)) {
    // A leap second at the very end of the year 9999 has no four-digit year.
    if (*date < TimePoint{std::chrono::seconds{253'402'300'800}}) {
      fuzz::require(http::parse_date(http::format_date(*date)) == date);
    }
  }
  if (const auto seconds = http::parse_delta_seconds(text)) fuzz::require(*seconds <= 1U << 31U);
  return 0;
}
