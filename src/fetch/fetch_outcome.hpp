// How a fetch turned out, as all who wait for it get it. Plain value, set once, before anything of the response is
// visible.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "http/cache_status.hpp"
#include "http/fields.hpp"
#include "metrics/metrics.hpp"
#include "store/entry.hpp"

namespace cachearr::fetch {

struct FetchOutcome {
  enum class Kind : std::uint8_t {
    pending,  // not known yet
    answer,   // head is here, the body follows
    entry,    // a stored response answers: validated just now, or stale because of `cache_status.detail`
    failed,   // no answer; `error_status` and `error` say what to tell
    upgraded  // 101: the client that caused the fetch takes the connection over
  } kind = Kind::pending;
  std::string head;                     // answer: status line and field lines, without framing, Age and Connection
  int status = 0;                       // answer: its status; entry: what the origin said (0: it was not asked)
  std::optional<std::uint64_t> length;  // answer: of the body, where known
  bool bodiless = false;                // answer: to HEAD, 204 or 304
  bool live = false;                    // answer: a stream that may be quiet for long
  std::int64_t age = -1;                // answer: the origin's Age plus transit, at `answered`; -1: none
  TimePoint answered{};
  store::EntryPtr entry;
  std::optional<metrics::StaleReason> stale;  // entry: why a stale one answers
  http::CacheStatus cache_status;             // fwd, fwd-status, stored, detail; key is the reader's
  int error_status = 0;
  std::string error;
  std::string error_fields;   // further field lines of an error, such as Retry-After
  bool asked = false;         // entry: the origin was asked, whatever came of it
  bool refused = false;       // answer: it says that it is enough, or is none: its status is about nothing else
  bool is_limit = false;      // answer: it says that it is enough
  std::string refused_for;    // why it is none; empty: not looked at, or not known
  bool undecodable = false;   // answer: whole, but its coding cannot be undone
  bool is_coded = false;      // answer: it has a Content-Encoding
  bool locates = false;       // answer: it has a Location or Content-Location
  bool shareable = true;      // false: others who wait make their own requests
  std::string_view tls = {};  // answer, entry: the version spoken with the origin; empty: none, or it was not asked
  std::string varies_by;      // answer, entry: names of the selecting fields…
  std::string variant;        // …and what the request of the fetch had there

  /// Sets both of these.
  void select_by(std::string_view names, const http::FieldList& request);
  /// Whether the answer or the stored response is the one that a request with these fields selects, too.
  bool is_selected_by(const http::FieldList& request) const;
};

/// A stored response that answers. `names`: of the fields that select it among its variants; empty: it has none.
FetchOutcome entry_outcome(store::EntryPtr entry, std::string_view names, const http::FieldList& request);
/// The same where the origin was not asked, or did not help: a hit.
FetchOutcome hit_outcome(store::EntryPtr entry, std::string_view names, const http::FieldList& request, TimePoint now);
/// No answer. `what`: a sentence for the client.
FetchOutcome error_outcome(int status, std::string what);

}  // namespace cachearr::fetch
