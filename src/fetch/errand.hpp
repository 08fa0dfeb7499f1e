// A request of our own, for warm-up and prefetch: it goes the way of a client's (route, rule, key, store, shared
// fetch), with the least priority and only within what the upstream's budget leaves. Whoever sends it learns how it
// went.
//
// Any thread sends; the errand runs on one worker, where `done` is called too. Nothing is called once the worker stops.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "fetch/fetch_job.hpp"
#include "fetch/request_book.hpp"

namespace cachearr::fetch {

struct ErrandWish {
  pipeline::SnapshotPtr snapshot;
  std::string upstream;               // who is asked; empty: whom `target` names
  std::string target;                 // "/api/v3/series" below the upstream's origin; without an upstream a URL
  std::string fields;                 // whole lines
  RememberedRequestPtr again;         // not null: this request once more, instead of the three above
  std::vector<std::string> patterns;  // of keys that are wanted; empty: any
  bool anew = false;                  // what is fresh is asked for, too
  bool wants_body = false;
};

struct ErrandResult {
  enum class Kind : std::uint8_t {
    fetched,   // the upstream was asked and has answered
    fresh,     // what is stored is good, and nobody was asked
    left_out,  // it is not worth asking, or must not be asked: `why`
    later,     // the budget leaves nothing before `at`
    failed     // no answer, or one that is none: `why`
  } kind = Kind::failed;
  TimePoint at{};
  std::string why;
  std::string body, coding;  // where the body was wanted; as it was sent
};

using ErrandDone = std::function<void(ErrandResult)>;
/// From any thread.
void send_errand(FetchContext& worker, ErrandWish wish, ErrandDone done);

/// What of a remembered request proves who asks: its fields that the upstream names as credentials, as lines, and its
/// parameters, joined by '&'.
struct Credentials {
  std::string fields, query;
  bool empty() const noexcept { return fields.empty() && query.empty(); }
};
Credentials credentials_of(const RememberedRequest& request, const rules::Upstream& upstream);
/// The same of a key of our own, in the place where the upstream takes keys.
Credentials credentials_of_key(const std::string& key, const rules::Upstream& upstream);

}  // namespace cachearr::fetch
