// Cache-Control of requests and responses, Pragma, and targeted cache control (RFC 9111 5.2, RFC 9213). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "http/fields.hpp"

namespace cachearr::caching {

/// Seconds; a malformed number makes the response stale (0), an overflow 2^31.
using Seconds = std::optional<std::uint32_t>;

struct RequestDirectives {
  bool no_cache = false;  // Cache-Control or, without it, Pragma
  bool no_store = false;
  bool only_if_cached = false;
  bool no_transform = false;
  bool max_stale_any = false;  // max-stale without a number
  Seconds max_age, max_stale, min_fresh, stale_if_error;
};

struct ResponseDirectives {
  bool present = false;  // any cache directive at all
  bool no_store = false, no_cache = false, must_revalidate = false, proxy_revalidate = false;
  bool is_public = false, is_private = false, must_understand = false, immutable = false, no_transform = false;
  std::vector<std::string> no_cache_fields, private_fields;  // lower-case names of the qualified forms
  Seconds max_age, s_maxage, stale_while_revalidate, stale_if_error;
  bool targeted = false;   // taken from CDN-Cache-Control (which then replaces Cache-Control and Expires)
  bool surrogate = false;  // max_age is Surrogate-Control's (which then replaces Expires and the other lifetimes)
};

RequestDirectives request_directives(const http::FieldList& fields);
/// Reads CDN-Cache-Control where it is a valid, non-empty dictionary, else Cache-Control. Where there is no such
/// CDN-Cache-Control, Surrogate-Control's max-age takes the place of the other lifetimes and its no-store holds too,
/// but it never lifts what Cache-Control forbids. Of a directive that is given twice the most restrictive value counts.
ResponseDirectives response_directives(const http::FieldList& fields);
/// No Cache-Control, but Pragma: no-cache (RFC 9111 5.4).
bool pragma_no_cache(const http::FieldList& fields);

}  // namespace cachearr::caching
