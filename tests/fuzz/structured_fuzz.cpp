// Structured fields: total on any bytes; a string that was read can be written and read again.
#include "fuzz/input.hpp"
#include "http/structured.hpp"

using namespace cachearr;
namespace structured = cachearr::http::structured;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  static_cast<void>(structured::parse_dictionary(text));
  static_cast<void>(structured::parse_list(text));
  std::string written;
  structured::append_string(written, text);
  fuzz::require(structured::parse_item(written).has_value());
  const auto item = structured::parse_item(text);
  if (!item || !std::holds_alternative<std::string>(item->value)) return 0;
  written.clear();
  structured::append_string(written, std::get<std::string>(item->value));
  const auto again = structured::parse_item(written);
  fuzz::require(again && std::get<std::string>(again->value) == std::get<std::string>(item->value));
  return 0;
}
