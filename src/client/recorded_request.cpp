#include "client/recorded_request.hpp"

#include <numeric>

#include "base/hash.hpp"

namespace cachearr::client {

namespace {

constexpr std::string_view kCut = "…";

}  // namespace

std::string_view name_of(Way way) noexcept {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Way::count)> names{"proxy", "tunnel", "intercepted",
                                                                                     "mount", "host",   "listener"};
  return way < Way::count ? names[static_cast<std::size_t>(way)] : std::string_view{};
}

Way way_of(const pipeline::RequestContext& context, const pipeline::ConnectionInfo& connection) noexcept {
  using Form = pipeline::Route::Form;
  if (context.head().method == http::Method::connect) return Way::tunnel;
  const bool inside = connection.tunnel && connection.tunnel->scheme == "https";
  if (inside || connection.listener->tls) return Way::intercepted;
  switch (context.route.form) {
    case Form::proxy:
    case Form::tunnel: return Way::proxy;
    case Form::listener: return Way::listener;
    case Form::mount: return Way::mount;
    case Form::host: break;
  }
  return Way::host;
}

void ShownTexts::add(Field field, std::string_view text) {
  const auto before = bytes_.size();
  const std::size_t most = kLongest[field];
  if (text.size() <= most) {
    bytes_ += text;
  } else {
    bytes_.append(beginning_of(text, most - kCut.size())).append(kCut);
  }
  sizes_[field] = static_cast<std::uint16_t>(bytes_.size() - before);
  if (field == user_agent) agent_ = hash128((*this)[field]).low;
}

std::string_view ShownTexts::operator[](Field field) const noexcept {
  const auto from = std::accumulate(sizes_.begin(), sizes_.begin() + field, std::size_t{0});
  return std::string_view{bytes_}.substr(from, sizes_[field]);
}

}  // namespace cachearr::client
