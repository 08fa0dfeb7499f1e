// Conditional requests to the origin and what a 304 does to a stored head (RFC 9111 4.3, RFC 9110 15.4.5). Pure.
#pragma once

#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "caching/entry_meta.hpp"
#include "http/conditions.hpp"
#include "http/message.hpp"

namespace cachearr::caching {

/// What a client's conditions are compared with.
http::Validators validators_of(std::string_view etag, const EntryMeta& meta) noexcept;

/// Appends If-None-Match and If-Modified-Since lines (with CRLF) for a stored head that has validators.
/// False where it has none.
bool append_validators(std::string& out, const http::ResponseHead& stored);

/// Does this 304 select the stored response (RFC 9111 4.3.4)?
bool selects(const http::ResponseHead& not_modified, const http::ResponseHead& stored);

/// The stored head with the fields of the 304 (or of a HEAD's 200) laid over it (RFC 9111 3.2). What describes the
/// stored bytes stays as stored (Content-Length, Content-Encoding, Content-Range, Content-MD5, and an ETag once there
/// is one); hop-by-hop fields and Age are left out. An update without a Date has that of its receipt (RFC 9110 6.6.1),
/// or the answer would stay as old as it was. Same serialised form as Entry::head.
std::string merged_head(const http::ResponseHead& stored, const http::ResponseHead& update, TimePoint received);

/// Does a HEAD's 200 contradict the stored response (other validators or length), so that it must go (RFC 9111 4.3.5)?
bool contradicts(const http::ResponseHead& head_answer, const http::ResponseHead& stored);

}  // namespace cachearr::caching
