// Turns a fuzzer's bytes into heads: the first line is "METHOD TARGET MINOR" or "STATUS MINOR", every other one a
// field line. Lenient on purpose: what the reader would refuse must not hurt the pure functions either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "http/message.hpp"

namespace cachearr::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Ends the process where a promise is broken, so that the fuzzer keeps the input.
inline void require(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view take_until(std::string_view& rest, char end) {
  const auto at = rest.find(end);
  const auto taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return taken;
}

inline void read_fields(std::string_view lines, http::FieldList& fields) {
  while (!lines.empty()) {
    auto line = take_until(lines, '\n');
    const auto name = take_until(line, ':');
    fields.add(name, text::trim(line));
  }
}

inline http::RequestHead request_of(std::string_view input) {
  http::RequestHead head;
  auto line = take_until(input, '\n');
  head.method_text = take_until(line, ' ');
  head.method = http::method_of(head.method_text);
  head.target = take_until(line, ' ');
  head.minor_version = line == "0" ? 0 : 1;
  read_fields(input, head.fields);
  return head;
}

inline http::ResponseHead response_of(std::string_view input) {
  http::ResponseHead head;
  auto line = take_until(input, '\n');
  head.status = static_cast<int>(text::parse_unsigned(take_until(line, ' ')).value_or(200) % 1000);
  head.minor_version = line == "0" ? 0 : 1;
  read_fields(input, head.fields);
  return head;
}

}  // namespace cachearr::fuzz
