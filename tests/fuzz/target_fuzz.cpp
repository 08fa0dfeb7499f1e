// Whatever is accepted as a target names one host, one port and one path, and can be written and read again.
#include <algorithm>

#include "fuzz/input.hpp"
#include "http/target.hpp"

using namespace cachearr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto head = fuzz::request_of(fuzz::text_of(data, size));
  http::Target target;
  const auto result = http::read_target(head, "http", target);
  if (!result.ok()) {
    fuzz::require(!result.error().what.empty());
    return 0;
  }
  fuzz::require(head.fields.count(http::FieldId::host) <= 1 && target.port != 0);
  fuzz::require(!target.host.empty() || head.minor_version == 0);
  const bool is_connect = head.method == http::Method::connect;
  fuzz::require((target.form == http::TargetForm::authority) == is_connect);
  fuzz::require(is_connect ? target.path.empty() : target.path == "*" || target.path.starts_with('/'));
  fuzz::require(std::none_of(target.path.begin(), target.path.end(),
                             [](char c) { return c <= ' ' || c > '~' || c == '?' || c == '#'; }));
  if (target.host.empty()) return 0;
  fuzz::require(target.host == text::to_lower(target.host) && !target.host.ends_with('.'));
  fuzz::require(target.host.find_first_of("@/?#[]% ,") == std::string::npos);
  const auto again = http::parse_host_port(http::authority_of("", target.host, target.port));
  fuzz::require(again.ok() && again->host == target.host && again->port == target.port);
  static_cast<void>(http::looks_like_ip(target.host));
  return 0;
}
