// What the API's own description says of a call, kept beside its handler in the router's table. Plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cachearr::admin {

/// A parameter of the query.
struct ParameterDoc {
  std::string_view name, meaning;
  bool required = false;
};

struct CallDoc {
  std::string_view summary = {};
  std::vector<ParameterDoc> parameters = {};
  std::string_view answer = {};    // a schema of openapi_schemas.cpp; where it holds a slash, a media type
  std::string_view body = {};      // the same for the request's body; empty: none
  std::vector<int> failures = {};  // statuses besides those that follow from what the call needs
  std::vector<std::string_view> captures = {"key"};  // names of the pattern's segments that are no literals
  std::vector<int> successes = {200};
};

}  // namespace cachearr::admin
