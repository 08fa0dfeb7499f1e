// A URL or a reference to one taken apart (RFC 3986 appendix B). Nothing is decoded, judged or copied: who needs a
// valid host asks parse_host_port(), who reads a request's target asks read_target(). Pure.
#pragma once

#include <optional>
#include <string_view>

#include "http/target.hpp"

namespace cachearr::http {

struct UrlParts {
  std::string_view scheme;                    // without ':'; empty: a relative reference
  std::optional<std::string_view> authority;  // between "//" and the path
  std::string_view path;
  std::optional<std::string_view> query;     // without '?'
  std::optional<std::string_view> fragment;  // without '#'
  std::string_view tail;                     // path, query and fragment as they stand

  bool is_absolute() const noexcept { return !scheme.empty() && authority; }
  /// What stands before the authority's last '@'.
  std::optional<std::string_view> userinfo() const noexcept;
  /// The authority without userinfo; empty where there is none.
  std::string_view host_port() const noexcept;
};

UrlParts split_url(std::string_view url) noexcept;
/// The same for what is known to be a path with perhaps a query: two slashes in front name no host there.
UrlParts split_path(std::string_view path) noexcept;

/// The authority that the value of an Origin field names (RFC 6454 7); empty where it names none, as "null" does.
std::string_view authority_of_origin(std::string_view origin) noexcept;

/// Resolves a reference in a response to `base` (RFC 3986 5.2.2), dot segments left alone. False where it names another
/// origin (scheme, host and port: RFC 9110 4.3.1), or nothing.
bool resolve_on_same_origin(std::string_view reference, const Target& base, Target& into);

}  // namespace cachearr::http
