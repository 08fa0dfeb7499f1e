// Where each reply head is built: from a stored answer, from an arriving one, and the errors made here. Pure but for
// the sink.
#pragma once

#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "client/reply_sink.hpp"
#include "http/cache_status.hpp"
#include "http/message.hpp"
#include "pipeline/route.hpp"
#include "rules/rule_set.hpp"

namespace cachearr::client {

/// How the client's connection goes on, which decides the Connection field, and how its request came.
struct ReplyConnection {
  bool keep_alive = true;
  bool http10 = false;
  const pipeline::Route* route = nullptr;  // null: references in the head stay as the origin said them
};

struct ReplySize {
  int status = 0;
  std::uint64_t body_bytes = 0;
  bool body_follows = false;  // the caller sends it
  bool delimited = true;      // not by the connection's end
};

/// A stored answer for this request: 200 and the like, 304 to its conditions, 206 or 416 to its ranges, without body to
/// HEAD. With `varies` it says that the coding depends on the request; `recoded` is never answered in parts, as nobody
/// else has the same bytes.
ReplySize append_stored(ReplySink& sink, const http::RequestHead& request, const store::EntryPtr& entry,
                        const http::CacheStatus& status, TimePoint now, ReplyConnection connection, bool varies = false,
                        bool recoded = false);

/// The same for an answer whose body is made while it is sent: `form` has its head alone. What conditions make of it is
/// whole; else the body follows, but not to HEAD.
ReplySize append_stored_head(ReplySink& sink, const http::RequestHead& request, const store::EntryPtr& form,
                             const http::CacheStatus& status, TimePoint now, ReplyConnection connection);

void append_status_line(std::string& head, int status);
/// Ends a head of `sink` as each ends, with Cache-Status; returns what ReplySink::end_head() returns.
bool end_head(ReplySink& sink, std::string& head, const http::CacheStatus& status, ReplySink::Body body,
              ReplyConnection connection);

/// An error made here: problem+json (RFC 9457) or, where the upstream's rules say so, Newznab XML; never HTML.
struct ErrorReply {
  int status = 500;
  std::string detail;        // what a user understands
  std::string extra_fields;  // whole field lines, CRLF included
  const http::CacheStatus* cache_status = nullptr;
  TimePoint now{};  // for Date
};
ReplySize append_error(ReplySink& sink, const ErrorReply& error, bool head_only, rules::ErrorStyle style,
                       ReplyConnection connection);

}  // namespace cachearr::client
