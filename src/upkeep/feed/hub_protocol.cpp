#include "upkeep/feed/hub_protocol.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace cachearr::upkeep {

namespace {

using Json = nlohmann::ordered_json;
using Told = HubEvent::Kind;

constexpr char kSeparator = '\x1e';
constexpr std::size_t kMostResource = 256;   // of a resource; rules look at a few
constexpr std::size_t kLongestMember = 512;  // of one of them
constexpr std::size_t kLongestReason = 200;

enum class RecordType { invocation = 1, close = 7 };

Json parse_hub(std::string_view text) { return Json::parse(text, nullptr, false); }

std::string hub_text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// Texts, numbers and flags; what holds more than that is nothing that a rule could compare.
void read_resource(const Json& object, rules::Message& into) {
  for (const auto& [name, value] : object.items()) {
    if (into.resource.size() == kMostResource) return;
    if (value.is_string() && value.get_ref<const std::string&>().size() <= kLongestMember)
      into.resource.emplace_back(name, value.get<std::string>());
    if (value.is_number() || value.is_boolean()) into.resource.emplace_back(name, value.dump());
  }
}

/// {"name": "series", "body": {"action": "updated", "resource": {...}}}; what has no resource tells it in the body.
HubEvent read_told(const Json& told) {
  HubEvent event{Told::message, {}, {}};
  event.message.event = hub_text(told, "name");
  const auto body = told.find("body");
  if (body == told.end() || !body->is_object()) return event;
  event.message.action = hub_text(*body, "action");
  const auto resource = body->find("resource");
  if (resource == body->end()) {
    read_resource(*body, event.message);
  } else if (resource->is_object()) {
    read_resource(*resource, event.message);
  }
  return event;
}

HubEvent read_invocation(const Json& record) {
  const auto arguments = record.find("arguments");
  const bool known = hub_text(record, "target") == "receiveMessage" && arguments != record.end() &&
                     arguments->is_array() && !arguments->empty() && arguments->front().is_object();
  return known ? read_told(arguments->front()) : HubEvent{};
}

HubEvent hub_failed(std::string problem) { return {Told::failed, {}, std::move(problem)}; }

/// What the hub says of itself is shown to operators: a line of bounded length.
std::string hub_reason(std::string text) {
  text.resize(std::min(text.size(), kLongestReason));
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E) c = '?';
  return text;
}

HubEvent read_handshake(const Json& record) {
  const auto error = hub_text(record, "error");
  if (error.empty()) return {Told::accepted, {}, {}};
  return {Told::closed, {}, "the hub refuses the handshake: " + hub_reason(error)};
}

HubEvent read_close(const Json& record) {
  const auto error = hub_text(record, "error");
  return {
      Told::closed,
      {},
      error.empty() ? "the hub has closed the connection" : "the hub has closed the connection: " + hub_reason(error)};
}

}  // namespace

Result<Negotiation> read_negotiation(std::string_view body) {
  const auto told = parse_hub(body);
  if (!told.is_object()) return Error{"its answer to \"negotiate\" is no JSON object"};
  if (const auto error = hub_text(told, "error"); !error.empty())
    return Error{"it refuses a connection: " + hub_reason(error)};
  Negotiation negotiation;
  negotiation.url = hub_text(told, "url");
  negotiation.access_token = hub_text(told, "accessToken");
  if (!negotiation.url.empty()) return negotiation;
  negotiation.token = hub_text(told, "connectionToken");
  if (negotiation.token.empty()) negotiation.token = hub_text(told, "connectionId");
  if (negotiation.token.empty()) return Error{"its answer to \"negotiate\" names no connection"};
  const auto transports = told.find("availableTransports");
  if (transports == told.end() || !transports->is_array())
    return Error{"its answer to \"negotiate\" names no transport"};
  for (const auto& transport : *transports) {
    if (!transport.is_object()) continue;
    const auto name = hub_text(transport, "transport");
    negotiation.websockets |= name == "WebSockets";
    negotiation.long_polling |= name == "LongPolling";
  }
  return negotiation;
}

HubEvent HubReader::read_record(std::string_view record) {
  const auto told = parse_hub(record);
  if (!told.is_object()) return hub_failed("the hub sent a record that is no JSON object");
  if (!accepted_) {
    accepted_ = true;
    return read_handshake(told);
  }
  const auto type = told.find("type");
  if (type == told.end() || !type->is_number_integer()) return hub_failed("the hub sent a record without a type");
  switch (type->get<int>()) {
    case static_cast<int>(RecordType::invocation): return read_invocation(told);
    case static_cast<int>(RecordType::close): return read_close(told);
    default: return {};
  }
}

std::vector<HubEvent> HubReader::take(std::string_view bytes) {
  std::vector<HubEvent> events;
  if (ended_) return events;
  const auto searched = unread_.size();
  unread_ += bytes;
  std::size_t begin = 0;
  for (auto end = unread_.find(kSeparator, searched); end != std::string::npos && !ended_;
       end = unread_.find(kSeparator, begin)) {
    events.push_back(read_record(std::string_view{unread_}.substr(begin, end - begin)));
    ended_ = events.back().kind == Told::closed || events.back().kind == Told::failed;
    begin = end + 1;
  }
  unread_.erase(0, begin);
  if (!ended_ && unread_.size() > kLongest) {
    ended_ = true;
    events.push_back(hub_failed("the hub sent a record that is too long"));
  }
  return events;
}

}  // namespace cachearr::upkeep
