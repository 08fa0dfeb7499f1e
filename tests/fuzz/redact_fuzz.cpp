// A secret planted behind a telling name is never shown, whatever stands around it.
#include "base/redact.hpp"
#include "fuzz/input.hpp"

using namespace cachearr;

namespace {

constexpr std::string_view kSecret = "Canary7secret";

void check_hidden(std::string_view before, std::string_view place, std::string_view after) {
  std::string url{before};
  url += place;
  url += kSecret;
  url += after;
  fuzz::require(redact_url(url).find(kSecret) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  if (text.find(kSecret) != std::string_view::npos) return 0;
  const auto before = text.substr(0, size / 2);
  const auto after = "&" + std::string{text.substr(size / 2)};
  for (const auto* const place : {"?apikey=", "#token=", "?a=b&r="}) check_hidden(before, place, after);
  const auto once = redact_url(text);
  fuzz::require(redact_url(once) == once);
  fuzz::require(redact_path(redact_path(text)) == redact_path(text));
  std::string line;
  append_redacted(line, before, after);
  static_cast<void>(is_secret_parameter(text));
  static_cast<void>(is_secret_field(text));
  return 0;
}
