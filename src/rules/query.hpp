// Query strings as lists of parameters. Views into the query or into this thread's scratch memory.
#pragma once

#include <optional>
#include <string_view>

namespace cachearr::rules {

struct Parameter {
  std::string_view name, value;  // as sent
  bool has_value = false;        // there was a '='
};

/// Calls `each` with every parameter that is not empty, in order; stops where it gives true.
template <class F>
void for_each_parameter(std::string_view query, F&& each) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto part = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const bool has_value = equals != std::string_view::npos;
    if (each(Parameter{part.substr(0, equals), has_value ? part.substr(equals + 1) : std::string_view{}, has_value}))
      return;
  }
}

/// True where the decoded name is `name`.
bool is_named(const Parameter& parameter, std::string_view name);

/// Makes room for decoding every name and value of one query once. Views into the room are good until the next call on
/// this thread.
void begin_decoding(std::string_view query);
/// `text`, a name or value of that query, decoded: itself where nothing is encoded, else a view into the room.
std::string_view decoded(std::string_view text);
/// The decoded value of the first parameter of that name. REQUIRES: begin_decoding(query).
std::optional<std::string_view> find_parameter(std::string_view query, std::string_view name);

}  // namespace cachearr::rules
