// A webhook's template: total on any bytes, and what was JSON is JSON whatever stands in the message.
#include <nlohmann/json.hpp>

#include "fuzz/input.hpp"
#include "upkeep/notify/message_template.hpp"

using namespace cachearr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = fuzz::text_of(data, size);
  const auto body = fuzz::take_until(text, '\0');
  upkeep::Notification told;
  told.event = told.id = "id";
  told.severity = "warning";
  told.title = told.message = told.advice = std::string{text};
  static_cast<void>(upkeep::unknown_placeholder(body));
  const auto filled = upkeep::fill_template(body, told);
  if (upkeep::is_json_template(body)) fuzz::require(nlohmann::json::accept(filled));
  return 0;
}
