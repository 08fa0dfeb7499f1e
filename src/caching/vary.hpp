// Variants: which request fields select one, and their normal form (RFC 9111 4.1). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "caching/policy.hpp"
#include "http/message.hpp"

namespace cachearr::caching {

struct Selecting {
  bool star = false;
  std::vector<std::string> names;  // lower case, sorted, unique, without Accept-Encoding and what the policy ignores
};

Selecting selecting_fields(const http::ResponseHead& response, const Policy& policy);
/// "accept-encoding,accept-language": how a vary marker keeps the names.
std::string to_text(const Selecting& selecting);
/// Appends the normal form of this request's selecting fields to `out` (names as to_text wrote them): white space, list
/// order and case normalised as far as the field's syntax permits; absent differs from empty.
void append_variant(std::string& out, std::string_view names, const http::FieldList& request);

/// The one language that a client likes best, in lower case; empty where it says none.
std::string preferred_language(const http::FieldList& request);
/// The one language that an answer is in, in lower case; empty where it says none or several.
std::string language_of(const http::ResponseHead& response);

}  // namespace cachearr::caching
