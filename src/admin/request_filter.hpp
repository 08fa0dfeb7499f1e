// Which requests somebody wants to see, as a call's parameters say it. Pure.
#pragma once

#include <optional>
#include <string>

#include "admin/call.hpp"
#include "base/result.hpp"
#include "client/recorded_request.hpp"

namespace cachearr::admin {

/// What is empty does not narrow.
struct RequestFilter {
  std::string upstream;  // its name
  std::optional<metrics::RequestResult> result;
  std::string client;  // an address as text, or a part of a user agent, in lower case
  std::string text;    // a part of URL, key, rule or error, in lower case
};

/// The parameters upstream, result, client and text; else the answer that says what is wrong with them.
Result<RequestFilter, Answer> read_filter(const Call& call);
bool matches(const RequestFilter& filter, const client::RecordedRequest& request);

}  // namespace cachearr::admin
