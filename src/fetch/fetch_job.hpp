// One request to an upstream on behalf of all who want the response: ask, decide what the response is worth, store it,
// and hand it to all that wait. Belongs to no client: it goes on when the client that caused it leaves, as long as the
// response is worth storing.
//
// A fetch runs on the worker of its context; its SharedFetch carries the response to readers anywhere.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "content/entity.hpp"
#include "fetch/fetch_context.hpp"
#include "fetch/shared_fetch.hpp"
#include "fetch/upload.hpp"
#include "http/message.hpp"
#include "pipeline/request_context.hpp"

namespace cachearr::fetch {

/// For whom.
enum class Purpose : std::uint8_t {
  client,         // somebody waits for it
  refresh_stale,  // what is stored is stale and was served all the same
  refresh_ahead,  // what is stored is still fresh
  warm_up         // nothing is stored yet
};

struct FetchJob {
  std::shared_ptr<SharedFetch> shared_fetch;
  pipeline::RequestContextPtr context;  // owns its head
  std::shared_ptr<Upload> upload;       // null: no body
  Purpose purpose = Purpose::client;
  std::uint32_t generation = 0;       // of the store when the origin was asked
  store::SharedMoment moment = 0;     // likewise, of the shared tier
  caching::FetchCost cost;            // of the response that has come
  content::EntityTags entities;       // what its body is about
  bool in_table = false;              // others may join: must be removed
  std::uint64_t client = 0;           // who asked: any number that tells clients apart
  bool own_codings = false;           // the client's own Accept-Encoding goes along
  bool upgrade = false;               // the client wants to leave HTTP
  bool surrogate = false;             // asked of us as if we were the origin
  int max_forwards = -1;              // -1: as the client said
  origin::ConnectionPtr handed_over;  // after FetchOutcome::Kind::upgraded

  const http::RequestHead& head() const noexcept { return context->head(); }
  const pipeline::Settings& settings() const noexcept { return *context->snapshot->settings; }
  const rules::RuleSet& rules() const noexcept { return *context->snapshot->rules; }
  bool is_background() const noexcept { return purpose != Purpose::client; }
  /// The client's own conditions and ranges stay behind: the whole response is wanted.
  bool asks_for_whole() const noexcept {
    return context->disposition == pipeline::Disposition::revalidate && head().method == http::Method::get;
  }
  /// The upstream is asked in codings that we read, so that the response can be given to anybody. A part that is not
  /// stored is the client's own.
  bool negotiates() const noexcept {
    const bool whole = asks_for_whole() || !head().fields.has(http::FieldId::range);
    return whole && !own_codings && !upgrade && context->disposition != pipeline::Disposition::pass;
  }
};

net::Task<> run_fetch(FetchContext& worker, std::shared_ptr<FetchJob> job);

/// Fetches what no client waits for, by the snapshot of its context and no other, on this worker; its thread only.
/// False where somebody fetches it already, and where it is no GET or HEAD. REQUIRES: the context owns its head.
bool fetch_in_background(FetchContext& worker, pipeline::RequestContext context, Purpose purpose);
/// Runs what the table has just been told of. REQUIRES: as above, and the worker's thread.
void begin_in_background(FetchContext& worker, pipeline::RequestContext context,
                         std::shared_ptr<SharedFetch> shared_fetch, Purpose purpose);
/// The same from any thread, on the worker that the key falls to: equal keys on one, different ones spread.
void fetch_in_background(std::span<FetchContext* const> workers, pipeline::RequestContext context, Purpose purpose);

/// What a stored response that was just served leaves to do: counting why it was stale, and a refresh in the background
/// where it is stale, or soon will be and its rule says so, unless one is under way. `head_bytes` are the bytes of the
/// request's head.
void follow_up(FetchContext& worker, const pipeline::RequestContext& context, std::string_view head_bytes);

}  // namespace cachearr::fetch
