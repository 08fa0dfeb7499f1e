// What an application's event hub sends: frames, records and offers are total on any bytes, and a cut changes nothing.
#include "fuzz/input.hpp"
#include "http/websocket.hpp"
#include "upkeep/feed/hub_protocol.hpp"

using namespace cachearr;

namespace {

std::string told(const std::vector<upkeep::HubEvent>& events) {
  std::string all;
  for (const auto& event : events) {
    all += std::to_string(static_cast<int>(event.kind)) + event.problem + event.message.event + event.message.action;
    for (const auto& [name, value] : event.message.resource) all += name + value;
  }
  return all;
}

std::string messages(std::string_view first, std::string_view second) {
  constexpr std::size_t most = 4096;
  using Kind = http::WebSocketReader::Item::Kind;
  http::WebSocketReader reader{most};
  std::string all;
  for (const auto piece : {first, second}) {
    reader.append(piece);
    for (auto item = reader.next(); item.kind != Kind::need_more; item = reader.next()) {
      fuzz::require(item.payload.size() <= most);
      all += std::to_string(static_cast<int>(item.kind)) + item.payload;
      if (item.kind == Kind::error) return all;
    }
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto input = fuzz::text_of(data + 1, size - 1);
  const auto cut = data[0] % (input.size() + 1);
  const auto first = input.substr(0, cut), second = input.substr(cut);
  fuzz::require(messages(first, second) == messages(input, {}));
  upkeep::HubReader whole, cut_in_two;
  auto events = cut_in_two.take(first);
  for (auto& event : cut_in_two.take(second)) events.push_back(std::move(event));
  fuzz::require(told(events) == told(whole.take(input)));
  static_cast<void>(upkeep::read_negotiation(input));
  return 0;
}
