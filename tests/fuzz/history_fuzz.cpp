// Rows and segments of the history: total on any bytes; a row that was read is written in the same bytes' meaning.
#include "fuzz/input.hpp"
#include "upkeep/history/row_codec.hpp"

using namespace cachearr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text_of(data, size);
  std::optional<upkeep::SegmentName> name;
  upkeep::read_segment(bytes, name, [](std::uint64_t, std::string_view row) {
    if (const auto sample = upkeep::decode_row(row)) static_cast<void>(upkeep::encode_row(*sample));
  });
  if (name) fuzz::require(name->step > 0 && name->number >= 0);
  const auto row = upkeep::decode_row(bytes);
  if (!row || row->upstreams.size() > upkeep::kMostNames || row->types.size() > upkeep::kMostNames) return 0;
  const auto written = upkeep::encode_row(*row);
  if (written.size() <= upkeep::kMostRowBytes && size <= upkeep::kMostRowBytes)
    fuzz::require(upkeep::decode_row(written) == row);
  return 0;
}
