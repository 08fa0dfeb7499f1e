// The leader's way: ask the origin, judge the answer, store it, and hand it to all that wait. Belongs to no client: it
// goes on when the client that caused it leaves, as long as the answer is worth storing.
//
// A fetch runs on the worker of its desk; its flight carries the answer to readers anywhere.
#pragma once

#include <memory>
#include <string>

#include "fetch/fetch_context.hpp"
#include "fetch/shared_fetch.hpp"
#include "fetch/upload.hpp"
#include "http/message.hpp"
#include "pipeline/classify.hpp"

namespace cachearr::fetch {

struct FetchJob {
  std::shared_ptr<SharedFetch> shared_fetch;
  pipeline::RequestContextPtr context;  // owns its head
  std::shared_ptr<Upload> upload;       // null: no body
  std::uint32_t generation = 0;         // of the store when the origin was asked
  bool in_table = false;                // others may join: must be landed
  bool may_store = true;
  std::uint64_t client = 0;           // who asked: any number that tells clients apart
  bool background = false;            // nobody waits for it
  bool ahead = false;                 // and what is stored is still fresh
  bool upgrade = false;               // the client wants to leave HTTP
  bool surrogate = false;             // asked of us as if we were the origin
  int max_forwards = -1;              // -1: as the client said
  origin::ConnectionPtr handed_over;  // after Outcome::Kind::upgraded
};

net::Task<> run_fetch(FetchContext& worker, std::shared_ptr<FetchJob> job);

/// What a stored answer that was just served leaves to do: counting why it was stale, and a refresh in the background
/// where it is stale, or soon will be and its rule says so, unless one is under way. `head_bytes` are the bytes of the
/// request's head.
void follow_up(FetchContext& worker, const pipeline::RequestContext& context, std::string_view head_bytes);

}  // namespace cachearr::fetch
