// Putting responses into the store: entries, vary markers, hit-for-miss marks, and what unsafe methods invalidate.
// Runs on the worker of the fetch.
#pragma once

#include <span>
#include <string_view>

#include "caching/storing.hpp"
#include "caching/vary.hpp"
#include "fetch/fetch_context.hpp"
#include "fetch/fetch_job.hpp"
#include "fetch/response_head_text.hpp"

namespace cachearr::fetch {

/// Stores a complete answer under the name that its Vary gives it. Null where it cannot be held.
store::EntryPtr store_response(FetchContext& worker, const FetchJob& job, const caching::StoreVerdict& verdict,
                               const ResponseHeadText& head, const caching::Selecting& selecting,
                               std::span<const std::string_view> body);

/// What a rule wants to be remembered of such an answer beside itself.
void note_stored(FetchContext& worker, const FetchJob& job, const store::Entry& entry, const caching::Timing& timing);

/// What is stored in memory under the name that store_response would give this answer. Null: nothing.
store::EntryPtr find_stored(FetchContext& worker, const FetchJob& job, const caching::Selecting& selecting);

/// From here on what is stored of a POST's response is named as the response to the GET of its target.
void name_as_get(FetchContext& worker, FetchJob& job);

/// The stored answer with a new head and times, after a 304 or a HEAD that confirmed it.
store::EntryPtr freshen_stored(FetchContext& worker, const FetchJob& job, const caching::StoreVerdict& verdict,
                               std::string merged_head);
/// The same for the one who asked alone, where it may not be stored: a Set-Cookie came with the confirmation. Null:
/// there is no memory for it.
store::EntryPtr freshen_for_one(FetchContext& worker, const FetchJob& job, std::string merged_head);

/// Remembers for a while that this resource's answers cannot be shared, so that nobody waits for the next one.
void mark_hit_for_miss(FetchContext& worker, const FetchJob& job);

/// After 2xx or 3xx to an unsafe request: its target, what Location and Content-Location name on the same host (RFC
/// 9111 4.4), and what the rules name.
void invalidate_after_write(FetchContext& worker, const FetchJob& job, const http::ResponseHead& answer);

}  // namespace cachearr::fetch
