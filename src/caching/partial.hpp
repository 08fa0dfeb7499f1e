// Incomplete responses: which part of a representation may be stored, what it answers, and how parts become one (RFC
// 9110 14 and 15.3.7, RFC 9111 3.3 and 3.4). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "caching/storing.hpp"
#include "http/conditions.hpp"
#include "http/content_range.hpp"
#include "http/framing.hpp"
#include "http/message.hpp"

namespace cachearr::caching {

/// Which bytes this 206 brings, where they may be stored: one part of the plain representation, of known length, whose
/// ETag is strong or that has none, with all the fields that the whole would have.
std::optional<http::ContentRange> storable_part(const http::RequestHead& request, const http::ResponseHead& response,
                                                const http::Framing& framing);

/// May it be stored, and how long is it fresh? As the whole would be, but marked as a part.
StoreVerdict may_store_part(const http::RequestHead& request, const http::ResponseHead& response, const Policy& policy,
                            const Timing& timing);

/// Whether all that the request asks for lies within the part.
bool answers(const http::ContentRange& part, const http::RequestHead& request, const http::Validators& validators);

/// True where both are known to be of the very same bytes (RFC 9110 8.8.2.2 and 15.3.7.3).
bool share_strong_validator(const http::ResponseHead& a, const http::ResponseHead& b);

bool has_strong_validator(const http::ResponseHead& head);

/// What is missing at one end of a part; none where both ends are missing.
std::optional<http::ContentRange> rest_of(const http::ContentRange& part) noexcept;
/// Appends Range for the rest and, where the part has a strong validator, If-Range.
void append_rest(std::string& out, const http::ContentRange& rest, const http::ResponseHead& part);
/// Is this response the rest that was asked for, of the same representation as the part?
bool completes(const http::ResponseHead& part, const http::ContentRange& rest, const http::ResponseHead& response,
               const http::Framing& framing);

/// Both parts as one, where they touch.
std::optional<http::ContentRange> joined(const http::ContentRange& a, const http::ContentRange& b) noexcept;

/// The serialised head of a part of that range, or of the whole where the range is the whole. The fields of `newer`
/// take the place of those of `older`, which may be the same.
std::string combined_head(const http::ResponseHead& older, const http::ResponseHead& newer,
                          const http::ContentRange& range);

}  // namespace cachearr::caching
