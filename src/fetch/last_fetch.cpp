#include "fetch/last_fetch.hpp"

#include <array>

#include "base/hash.hpp"
#include "base/iso_time.hpp"
#include "http/date.hpp"

namespace cachearr::fetch {

void note_last_fetch(store::Store& store, const rules::Rule* rule, const rules::Captures& captures, TimePoint now) {
  constexpr Duration kept = std::chrono::hours{24 * 365};
  if (!rule || rule->last_fetch.empty()) return;
  const auto key = rules::expand(rule->last_fetch, captures);
  const auto identity = "api\n" + key;  // no request has it: see admin/key_values.hpp
  const auto text = R"({"lastSync":")" + iso_time(now) + "\"}";
  const auto head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: " + http::format_date(now) +
                    "\r\nVia: 1.1 cachearr\r\nContent-Length: " + std::to_string(text.size()) + "\r\n";
  const std::array<std::string_view, 1> body{text};
  store::EntryParts parts{};
  parts.id = hash128(identity);
  parts.identity = identity;
  parts.key = key;
  parts.upstream = rule->upstream->name;
  parts.type = rule->type;
  parts.head = head;
  parts.body = body;
  parts.meta.born_ms = parts.meta.stored_ms = parts.meta.date_ms = now.time_since_epoch().count();
  parts.meta.fresh_until_ms = (now + kept).time_since_epoch().count();
  parts.meta.status = 200;
  parts.meta.flags = caching::kByHand | caching::kUncoded;
  if (auto entry = store::make_entry(parts)) store.put(std::move(entry));
}

}  // namespace cachearr::fetch
