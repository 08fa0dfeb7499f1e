// The kept state of the alerts: total on any bytes; what was read can be written and read again.
#include "fuzz/input.hpp"
#include "upkeep/alerts/evaluate.hpp"

using namespace cachearr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto state = upkeep::decode_alerts(fuzz::text_of(data, size));
  if (!state) return 0;
  static_cast<void>(state->firing());
  fuzz::require(upkeep::decode_alerts(upkeep::encode_alerts(*state)) == state);
  return 0;
}
