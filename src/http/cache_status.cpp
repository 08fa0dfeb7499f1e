#include "http/cache_status.hpp"

#include "base/text.hpp"
#include "http/structured.hpp"

namespace cachearr::http {

// Literals with their length: this is written with every answer, and none of them is measured each time.
using namespace std::string_view_literals;

std::string_view name_of(Forward forward) noexcept {
  switch (forward) {
    case Forward::none: return "";
    case Forward::bypass: return "bypass";
    case Forward::method: return "method";
    case Forward::uri_miss: return "uri-miss";
    case Forward::vary_miss: return "vary-miss";
    case Forward::miss: return "miss";
    case Forward::request: return "request";
    case Forward::stale: return "stale";
    case Forward::partial: return "partial";
  }
  return "";
}

void append(std::string& out, const CacheStatus& status) {
  out += status.hit ? "cachearr; hit"sv : "cachearr"sv;
  if (status.forward != Forward::none) {
    out += "; fwd="sv;
    out += name_of(status.forward);
  }
  if (status.forward_status != 0) {
    out += "; fwd-status="sv;
    text::append_number(out, status.forward_status);
  }
  if (status.ttl) {
    out += "; ttl="sv;
    text::append_number(out, *status.ttl);
  }
  if (status.stored) out += "; stored"sv;
  if (status.collapsed) out += "; collapsed"sv;
  if (!status.key.empty()) {
    out += "; key="sv;
    structured::append_string(out, status.key);
  }
  if (!status.detail.empty()) {
    out += "; detail="sv;
    out += status.detail;
  }
}

}  // namespace cachearr::http
