#include "admin/recorded_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/iso_time.hpp"
#include "base/text.hpp"
#include "metrics/totals.hpp"

namespace cachearr::admin {

using client::ShownTexts;
using client::Trust;
using client::Way;
using Json = nlohmann::ordered_json;

namespace {

Json text_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

/// "2023-11-14T22:13:20.042Z"
std::string time_in_milliseconds(TimePoint at) {
  auto text = iso_time(at);
  const auto rest = at - std::chrono::floor<std::chrono::seconds>(at);
  auto digits = std::to_string(1000 + rest.count());
  digits[0] = '.';
  return text.insert(text.size() - 1, digits);
}

/// "Name: value" a line; null where nothing was kept.
Json fields_json(std::string_view lines) {
  if (lines.empty()) return nullptr;
  Json list = Json::array();
  for (const auto line : text::split(lines, '\n'))
    if (!line.empty()) list.push_back(line);
  return list;
}

Json trust_json(Trust trust) { return trust == Trust::untold ? Json(nullptr) : Json(trust == Trust::trusts); }

}  // namespace

Json recorded_json(const client::RecordedRequest& request) {
  const auto& [facts, texts] = request;
  // The id is text: it has more digits than JavaScript's numbers hold.
  return {{"id", std::to_string(facts.id)},
          {"time", time_in_milliseconds(facts.at)},
          {"client", ip::to_string(facts.client)},
          {"userAgent", text_or_null(texts[ShownTexts::user_agent])},
          {"way", name_of(facts.way)},
          {"protocol", facts.http2 ? "HTTP/2.0" : "HTTP/1"},
          {"method", texts[ShownTexts::method]},
          {"url", texts[ShownTexts::url]},
          {"upstream", text_or_null(texts[ShownTexts::upstream])},
          {"rule", text_or_null(texts[ShownTexts::rule])},
          {"type", text_or_null(texts[ShownTexts::type])},
          {"key", text_or_null(texts[ShownTexts::key])},
          {"result", metrics::name_of(facts.result)},
          {"forward", text_or_null(http::name_of(facts.forward))},
          {"detail", text_or_null(texts[ShownTexts::detail])},
          {"stored", facts.stored},
          {"collapsed", facts.collapsed},
          {"status", facts.status},
          {"bytes", facts.bytes},
          {"durationUs", facts.duration_us},
          {"firstByteUs", facts.first_byte_us},
          {"waitedUs", facts.waited_us},
          {"headers", fields_json(texts[ShownTexts::sent])},
          {"error", text_or_null(texts[ShownTexts::error])}};
}

Json client_json(const client::SeenClient& client, const std::vector<std::string>& untouched) {
  Json ways = Json::array();
  for (std::size_t i = 0; i < static_cast<std::size_t>(Way::count); ++i)
    if (client.came_by(static_cast<Way>(i))) ways.push_back(name_of(static_cast<Way>(i)));
  return {{"address", ip::to_string(client.address)},
          {"userAgent", text_or_null(client.user_agent)},
          {"requests", client.requests},
          {"hits", client.hits},
          {"hitRate", std::round(metrics::share(client.hits, client.requests - client.hits) * 100) / 100},
          {"lastSeen", iso_time(client.last_seen)},
          {"ways", std::move(ways)},
          {"trustsAuthority", trust_json(client.trust)},
          {"untouchedHosts", untouched}};
}

}  // namespace cachearr::admin
