// Query strings as lists of parameters. Pure; the decoder's memory belongs to whoever owns it.
#pragma once

#include <optional>
#include <string>
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

/// Decodes names and values of one query at a time into memory that is reused.
class QueryDecoder {
 public:
  /// Begins a query. Views that decoded() gave before are no longer good.
  void begin(std::string_view query);
  /// `text`, a name or value of that query, decoded: itself where nothing is encoded, else a view into this object.
  /// REQUIRES: each is asked for once at most.
  std::string_view decoded(std::string_view text);
  /// The decoded value of the first parameter of that name.
  std::optional<std::string_view> find(std::string_view query, std::string_view name);

 private:
  std::string text_;
};

}  // namespace cachearr::rules
