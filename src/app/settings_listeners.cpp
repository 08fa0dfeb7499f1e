#include "app/settings.hpp"
#include "base/json_position.hpp"

namespace cachearr::app {
namespace {

Complaints set_listener(ListenerConfig& listener, const Given& given, const std::string& pointer) {
  if (given.value.is_string()) {  // a bare address, as in CACHEARR__LISTENERS=127.0.0.1:9797,[::1]:9797
    auto wrong = set_listener_member(listener, "address", given);
    for (auto& complaint : wrong) complaint.pointer = pointer;
    return wrong;
  }
  if (!given.value.is_object()) {
    return {
        {pointer, "must be an object such as { \"address\": \"127.0.0.1:9797\" }, not " + kind_of(given.value), false}};
  }
  Complaints wrong;
  if (!given.value.contains("address")) wrong.push_back({pointer, "needs an \"address\"", false});
  for (const auto& [name, value] : given.value.items()) {
    for (auto& complaint : set_listener_member(listener, name, {value, false, given.folder})) {
      complaint.pointer = json_pointer(pointer, name);
      wrong.push_back(std::move(complaint));
    }
  }
  return wrong;
}

}  // namespace

Complaints set_listeners(Config& config, const Given& given) {
  const auto members = to_list(given);
  if (!members.ok()) return {{"", members.error().what, false}};
  if (members->empty()) return {{"", "needs at least one listener, or there is nothing to talk to", false}};
  Complaints wrong;
  std::vector<ListenerConfig> taken(members->size());
  for (std::size_t i = 0; i < members->size(); ++i) {
    const auto found = set_listener(taken[i], (*members)[i], json_pointer("", i));
    wrong.insert(wrong.end(), found.begin(), found.end());
  }
  if (wrong.empty()) config.listeners = std::move(taken);
  return wrong;
}

Complaints set_listener_member(ListenerConfig& listener, std::string_view name, const Given& given) {
  if (name == "address") return put(listener.address, to_address(given));
  if (name == "tls") return put(listener.tls, to_bool(given));
  if (name != "upstream") {
    return {{"", "unknown setting \"" + std::string{name} + "\"" + hint(name, {"address", "upstream", "tls"}), true}};
  }
  if (!is_null(given)) return put(listener.upstream, to_text(given));
  listener.upstream.clear();
  return {};
}

}  // namespace cachearr::app
