// All that is known of one request before anything is sent: filled top to bottom by consider(), read by whoever acts on
// it.
#pragma once

#include <string>
#include <string_view>

#include "caching/cache_control.hpp"
#include "http/cache_status.hpp"
#include "http/framing.hpp"
#include "pipeline/route.hpp"
#include "rules/rule_set.hpp"
#include "store/store.hpp"

namespace cachearr::pipeline {

class WorkerContext;

/// What is to be done with a request.
enum class Disposition : std::uint8_t {
  refuse,             // `refused` says why
  serve,              // `entry` answers
  serve_and_refresh,  // `entry` answers, and is asked for again in the background
  validate,           // `entry` must be confirmed by the origin
  fetch,              // nothing usable is stored
  bypass              // this request does not go through the cache
};

struct RequestContext {
  Route route;
  rules::Verdict verdict;
  rules::Captures captures;
  rules::KeyParts key;    // of the resource
  std::string identity;   // of the selected variant; the resource's own where it does not vary
  Hash128 id;             // hash of `identity`
  std::string varies_by;  // names of the selecting fields, as far as known
  caching::RequestDirectives directives;
  store::EntryPtr entry;
  bool hit_for_miss = false;  // the last answer could not be stored: do not collapse
  Disposition disposition = Disposition::refuse;
  http::Forward forward = http::Forward::none;
  std::string_view detail;
  Refusal refused;
  TimePoint now;
};

/// Routes, names and looks up. Sends nothing and changes nothing; allocates nothing for a hit. `into` keeps its
/// capacity.
void classify(WorkerContext& worker, const ListenerInfo& listener, const std::optional<TunnelTarget>& tunnel,
              const http::RequestHead& request, const http::Framing& framing, RequestContext& into);

/// The part after routing: rule, key, look-up, decision. For callers that route by themselves.
void classify_routed(WorkerContext& worker, const http::RequestHead& request, const http::Framing& framing,
                     RequestContext& into);

/// The same for a request of which everything is known but what the store and the time say of it.
void classify_again(WorkerContext& worker, const http::RequestHead& request, RequestContext& into);

/// What follows from the selected entry: serve, validate or fetch.
void decide_by_entry(RequestContext& into);

/// Finds the variant that this request selects and sets id and identity to it. Where `into.varies_by` says so already,
/// they are this request's own from an earlier look-up.
void look_up(store::Store& store, const http::RequestHead& request, RequestContext& into);

}  // namespace cachearr::pipeline
