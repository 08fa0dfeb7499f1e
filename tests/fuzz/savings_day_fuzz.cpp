// Any bytes as a day of savings: none, or a day that is written and read again as it is.
#include "fuzz/input.hpp"
#include "upkeep/savings.hpp"

using namespace cachearr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  if (const auto day = upkeep::decode_savings_day(text)) {
    fuzz::require(upkeep::decode_savings_day(upkeep::encode(*day)) == day);
    fuzz::require(!upkeep::date_of(day->day).empty());
    const auto report = upkeep::report_savings({{day->day, *day}}, day->day, 1);
    fuzz::require(report.days.size() == 1 && report.days.front().second == report.total);
  }
  return 0;
}
