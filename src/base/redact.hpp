// Secrets are taken out by construction: what a log, metric, key or page shows goes through here first. Pure.
#pragma once

#include <string>
#include <string_view>

namespace cachearr {

/// True for query parameters and JSON members that hold secrets by name ("apikey", "api_key", "*_token", "passkey",
/// "r", "i"…).
bool is_secret_parameter(std::string_view name) noexcept;
/// True for header fields that hold secrets (Authorization, Cookie, X-Api-Key, X-Plex-Token…).
bool is_secret_field(std::string_view name) noexcept;
/// True for fields that are new in every request and tell who asks of nobody: X-Request-Id, traceparent…
bool is_trace_field(std::string_view name) noexcept;
/// True for a value that holds a whole URL with secrets of its own, percent-encoded or not.
bool hides_secret(std::string_view value);
/// A path with the segments that carry keys replaced by "***" ("/getnzb/{guid}.nzb&i=1&r=key", "/rss/download/1/{hex}",
/// "…/announce").
std::string redact_path(std::string_view path);
/// A whole URL or request target: userinfo, secret parameters, secret path segments become "***". Never throws, any
/// bytes.
std::string redact_url(std::string_view url);
/// Appends words that somebody wrote freely, such as a User-Agent: each is taken for an URL, a parameter or a path.
void append_redacted_words(std::string& out, std::string_view words);
/// The beginning of what somebody else has said, an upstream in an error for instance, as it may be shown.
std::string shown_words(std::string_view words);
/// Appends the redacted form; allocates only if `out` has to grow. The hot path's log line uses this one.
void append_redacted(std::string& out, std::string_view path, std::string_view query);

}  // namespace cachearr
