#include "app/config/settings.hpp"
#include "base/json_position.hpp"

namespace cachearr::app {
namespace {

ValidationErrors set_listener(ListenerConfig& listener, const RawValue& raw, const std::string& pointer) {
  if (raw.value.is_string()) {  // a bare address, as in CACHEARR__LISTENERS=127.0.0.1:9797,[::1]:9797
    auto errors = set_listener_member(listener, "address", raw);
    for (auto& error : errors) error.pointer = pointer;
    return errors;
  }
  if (!raw.value.is_object()) {
    return {
        {pointer, "must be an object such as { \"address\": \"127.0.0.1:9797\" }, not " + kind_of(raw.value), false}};
  }
  ValidationErrors errors;
  if (!raw.value.contains("address")) errors.push_back({pointer, "needs an \"address\"", false});
  for (const auto& [name, value] : raw.value.items()) {
    for (auto& error : set_listener_member(listener, name, {value, false, raw.folder})) {
      error.pointer = json_pointer(pointer, name);
      errors.push_back(std::move(error));
    }
  }
  return errors;
}

}  // namespace

ValidationErrors set_listeners(std::vector<ListenerConfig>& listeners, const RawValue& raw) {
  const auto members = to_list(raw);
  if (!members.ok()) return {{"", members.error().what, false}};
  if (members->empty()) return {{"", "needs at least one listener, or there is nothing to talk to", false}};
  ValidationErrors errors;
  std::vector<ListenerConfig> taken(members->size());
  for (std::size_t i = 0; i < members->size(); ++i) {
    const auto found = set_listener(taken[i], (*members)[i], json_pointer("", i));
    errors.insert(errors.end(), found.begin(), found.end());
  }
  if (errors.empty()) listeners = std::move(taken);
  return errors;
}

ValidationErrors set_listener_member(ListenerConfig& listener, std::string_view name, const RawValue& raw) {
  if (name == "address") return put(listener.address, to_address(raw));
  if (name == "tls") return put(listener.tls, to_bool(raw));
  if (name == "http2") return put(listener.http2, to_bool(raw));
  if (name != "upstream") {
    return {{"", "unknown setting \"" + std::string{name} + "\"" + hint(name, {"address", "upstream", "tls", "http2"}),
             true}};
  }
  if (!is_null(raw)) return put(listener.upstream, to_text(raw));
  listener.upstream.clear();
  return {};
}

}  // namespace cachearr::app
