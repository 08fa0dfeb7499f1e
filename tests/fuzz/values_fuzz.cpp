// Any text as one of the small values that configuration, heads and bodies hold: what is read is written so that it is
// read again.
#include "base/dates.hpp"
#include "base/ip_address.hpp"
#include "base/units.hpp"
#include "fuzz/input.hpp"
#include "http/content_range.hpp"
#include "http/target.hpp"
#include "origin/parent.hpp"
#include "shared/server_address.hpp"
#include "upkeep/webhook/webhook_message.hpp"

using namespace cachearr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  if (const auto duration = parse_duration(text))
    fuzz::require(parse_duration(format_duration(*duration)) == *duration);
  if (const auto bytes = parse_size(text)) fuzz::require(!format_size(*bytes).empty());  // for eyes: rounded
  if (const auto address = ip::parse_address(text)) fuzz::require(ip::parse_address(to_string(*address)) == *address);
  static_cast<void>(ip::parse_range(text));
  if (const auto range = http::parse_content_range(text)) fuzz::require(range->first <= range->last);
  if (const auto at = http::parse_host_port(text)) fuzz::require(!at->host.empty());
  dates::parse_iso_date(text);
  dates::parse_mail_date(text);
  dates::parse_spoken_duration(text);
  origin::parse_parent(text);
  static_cast<void>(shared::parse_server_address(text));
  static_cast<void>(upkeep::read_webhook(text));
  return 0;
}
