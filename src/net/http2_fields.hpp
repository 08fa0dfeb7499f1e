// The lines of an HTTP/1 head as the fields of HTTP/2 (RFC 9113 8.2): names in lower case, the status as a field of its
// own, and nothing that is about one connection. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cachearr::net {

class Http2Fields {
 public:
  using Field = std::pair<std::string_view, std::string_view>;

  /// `with_status`: the first line is a status line. Views into `lines` and into this object, until the next call.
  const std::vector<Field>& read(std::string_view lines, bool with_status);

 private:
  std::string names_;
  std::vector<Field> fields_;
};

}  // namespace cachearr::net
