#include "http/cache_status.hpp"

#include "base/text.hpp"
#include "http/structured.hpp"

namespace cachearr::http {

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
  out += "cachearr";
  if (status.hit) out += "; hit";
  if (status.forward != Forward::none) {
    out += "; fwd=";
    out += name_of(status.forward);
  }
  if (status.forward_status != 0) {
    out += "; fwd-status=";
    text::append_number(out, status.forward_status);
  }
  if (status.ttl) {
    out += "; ttl=";
    text::append_number(out, *status.ttl);
  }
  if (status.stored) out += "; stored";
  if (status.collapsed) out += "; collapsed";
  if (!status.key.empty()) {
    out += "; key=";
    structured::append_string(out, status.key);
  }
  if (!status.detail.empty()) {
    out += "; detail=";
    out += status.detail;
  }
}

}  // namespace cachearr::http
