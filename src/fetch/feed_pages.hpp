// Pages of one feed in the store, where a rule says by which parameters they differ ("covers").
//
// A page that is stored answers for each that lies within it: that is cut out and stored under its own name, as old and
// as fresh as what it was cut from. And pages belong together: when the first page is fetched anew, the others that
// were stored for the same feed go, so that nobody walks from a new page to an old one and misses what has moved in
// between. A page that was asked for before the first one was, but came later, goes as well.
//
// Runs on the worker of the fetch. Which pages there are stands in the store, in an entry of the feed's own.
#pragma once

#include <string>

#include <cachearr/clock.hpp>

#include "fetch/fetch_context.hpp"
#include "fetch/fetch_job.hpp"

namespace cachearr::fetch {

/// The page that is asked for, cut from a stored one that is fresh enough for the request, and stored; null: none is.
store::EntryPtr page_from_stored(FetchContext& worker, const FetchJob& job);

/// The tag of what goes with the first page of its feed; empty where the job fetches no such page.
std::string later_page_tag(const FetchJob& job);

/// Remembers a page that was fetched and stored. `asked_at`: when the origin was asked for it.
void note_page(FetchContext& worker, const FetchJob& job, const store::Entry& page, TimePoint asked_at);

}  // namespace cachearr::fetch
