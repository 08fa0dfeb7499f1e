// Status codes as they are written: reason phrases, status lines, and the body of an error (RFC 9457). Pure.
#pragma once

#include <string>
#include <string_view>

namespace cachearr::http {

/// The registered phrase (RFC 9110 15); empty for a code that no RFC here names.
std::string_view reason_phrase(int status) noexcept;

/// "HTTP/1.1 404 Not Found", ended by CRLF.
void append_status_line(std::string& text, int status);

/// An application/problem+json body: the reason phrase as title, `detail` for people.
std::string problem_json(int status, std::string_view detail);

}  // namespace cachearr::http
