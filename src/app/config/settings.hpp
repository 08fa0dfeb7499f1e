// Every setting there is, by its path in the configuration file: how it gets into Config and when a change applies. One
// table serves the file, the environment, the "did you mean" and reload. Read-only after the first use; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/config.hpp>

#include "app/config/setting_values.hpp"

namespace cachearr::app {

/// What is wrong with a value, and in which part of it: a JSON pointer below the value, "" for the value itself.
struct ValidationError {
  std::string pointer;
  std::string message;
  bool at_key = false;  // the key is wrong, not the value
};
using ValidationErrors = std::vector<ValidationError>;

/// Puts a value into its place, or says why not.
template <class T, class V>
ValidationErrors put(T& into, Result<V> value) {
  if (!value.ok()) return {{"", value.error().what, false}};
  into = static_cast<T>(std::move(value).value());
  return {};
}

/// When a new value is in force.
enum class Applies : std::uint8_t { at_reload, at_start };

struct Setting {
  std::string path;  // "memory.max_bytes"
  Applies applies = Applies::at_reload;
  std::function<ValidationErrors(Config&, const RawValue&)> set;
  bool (*same)(const Config&, const Config&) = nullptr;
  void (*copy)(const Config& from, Config& to) = nullptr;
};

const std::vector<Setting>& settings();
const Setting* find_setting(std::string_view path);
/// The names one level below `path` ("" for the top): "memory" gives {"max_bytes"}. Empty: no such section.
std::vector<std::string> names_below(std::string_view path);

/// ", did you mean 'x'?" or, with nothing near, " (known here: a, b)".
std::string hint(std::string_view name, const std::vector<std::string>& known);

/// The whole list of listeners.
ValidationErrors set_listeners(std::vector<ListenerConfig>& listeners, const RawValue& raw);
/// One member of a listener ("address", "upstream", "tls"); the pointer of the error stays empty.
ValidationErrors set_listener_member(ListenerConfig& listener, std::string_view name, const RawValue& raw);

/// The whole list of what is asked for ahead, and when.
ValidationErrors set_prefetch(std::vector<PrefetchConfig>& entries, const RawValue& raw);

/// The whole list of channels for notifications; secrets are read from the files that are named.
ValidationErrors set_notifications(std::vector<NotificationConfig>& channels, const RawValue& raw);

}  // namespace cachearr::app
