#include "admin/router.hpp"

#include <array>
#include <optional>

#include "base/text.hpp"

namespace cachearr::admin {

using http::Method;

namespace {

constexpr std::string_view kCapture = "{}";

std::optional<std::vector<std::string>> match(std::string_view pattern, const std::vector<std::string_view>& segments) {
  const auto parts = text::split(pattern, '/');
  if (parts.size() != segments.size()) return std::nullopt;
  std::vector<std::string> captures;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == kCapture) {
      if (segments[i].empty()) return std::nullopt;
      captures.push_back(text::percent_decode(segments[i]));
    } else if (parts[i] != segments[i]) {
      return std::nullopt;
    }
  }
  return captures;
}

std::string_view allowed_of(Method method) {
  switch (method) {
    case Method::get: return "GET, HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::delete_: return "DELETE";
    default: return "";
  }
}

}  // namespace

Match Router::find(Method method, std::string_view path) const {
  const auto wanted = method == Method::head ? Method::get : method;
  const auto segments = text::split(path, '/');
  Match best;
  std::string allow;
  for (const auto& route : routes_) {
    auto captures = match(route.pattern, segments);
    if (!captures) continue;
    const auto name = allowed_of(route.method);
    if (allow.find(name) == std::string::npos) allow.append(allow.empty() ? "" : ", ").append(name);
    if (route.method != wanted || (best.route && best.captures.size() <= captures->size())) continue;
    best.route = &route;
    best.captures = std::move(*captures);
  }
  if (!best.route) best.allow = std::move(allow);
  return best;
}

}  // namespace cachearr::admin
