// One call of the admin API and its answer, as values: what the connection loop hands to a handler and gets back.
//
// Views of a Call look into its request, which lives until the handler returns.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip_address.hpp"
#include "http/message.hpp"
#include "store/entry.hpp"

namespace cachearr::admin {

struct Call {
  const http::RequestHead* head = nullptr;
  http::Method method = http::Method::get;                 // HEAD is told as GET
  std::vector<std::string> captures;                       // of the route's pattern, decoded
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  std::string_view body;
  std::stop_token stop;  // requested where the program ends
  ip::Address peer{};    // unspecified over the Unix socket

  /// The first parameter of that name; empty where there is none.
  std::string_view parameter(std::string_view name) const noexcept;
  /// Whether one is given, be it empty.
  bool is_given(std::string_view name) const noexcept;
  /// Whether one is given: an empty one is not.
  bool has_value(std::string_view name) const noexcept;
};

/// Splits and decodes a query as forms write it ('+' is a space).
std::vector<std::pair<std::string, std::string>> read_query(std::string_view query);

/// What an answer goes on with behind its head, for as long as its client listens. It belongs to the admin loop, where
/// everything is called.
class AnswerStream {
 public:
  AnswerStream() = default;
  virtual ~AnswerStream() = default;
  AnswerStream(const AnswerStream&) = delete;
  AnswerStream& operator=(const AnswerStream&) = delete;
  /// Fills `out`, which comes empty, with what there is to send. True: there is more at once; false: look again in a
  /// moment.
  virtual bool pull(std::string& out) = 0;
};

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string fields;  // further field lines, each ended by CRLF
  std::string body;
  store::EntryPtr entry;  // not null: its body is the answer's, uncopied
  std::shared_ptr<AnswerStream>
      stream;              // not null: the body, which ends with the connection; only of calls on the loop
  bool untrusted = false;  // the body came from elsewhere: nothing in it may run, wherever it is shown
  std::string_view cache_control = "no-store";
  std::string framed_by;  // which pages may show it in a frame, as frame-ancestors names them; empty: none

  std::string_view content() const noexcept { return entry ? entry->body() : std::string_view{body}; }
};

/// problem+json (RFC 9457) with the status' own phrase as title.
Answer problem(int status, std::string_view detail);

/// The head of `answer` as it goes out, with the fields that keep browsers from being used against us, closing empty
/// line included.
std::string serialise_head(const Answer& answer, bool keep_alive);

}  // namespace cachearr::admin
