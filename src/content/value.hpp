// What the readers of JSON and XML tell of a body: whether it is whole, and what stands at places in it. Plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace cachearr::content {

enum class Shape : std::uint8_t { whole, cut_off, broken };

struct Value {
  enum class Type : std::uint8_t { null, boolean, number, string, container } type = Type::null;
  std::string text;  // of a string without quotes and escapes, of any other scalar as written; empty for a container
};

/// Called with the number of a place that was asked for and what stands there.
using OnValue = std::function<void(std::size_t, const Value&)>;

}  // namespace cachearr::content
