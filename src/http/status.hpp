// Status codes and their reason phrases (RFC 9110 15, RFC 6585, RFC 5842). Pure.
#pragma once

#include <string_view>

namespace cachearr::http {

/// "Not Found" for 404; empty for a code that no RFC here names.
std::string_view reason_phrase(int status) noexcept;

}  // namespace cachearr::http
