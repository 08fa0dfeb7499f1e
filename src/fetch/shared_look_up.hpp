// Before an upstream is asked: whether another instance has the answer already.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "fetch/fetch_job.hpp"

namespace cachearr::fetch {

/// Of Cache-Status: the answer came from another instance.
inline constexpr std::string_view kShared = "shared";

struct SharedFound {
  store::EntryPtr entry;    // null: nothing that this request could use
  std::string varies_by;    // the fields that select it among its variants
  store::FetchClaim claim;  // of who has to fetch it for all; to be held until that is done
};

/// Whether the tier that instances share is worth asking for this fetch.
bool may_look_in_shared(const FetchContext& worker, const FetchJob& job);
/// Looks there, within its deadline. What is fresh comes back, and is in this instance's store by then. What is stale
/// and newer than what was found here becomes the context's, to be confirmed by the origin.
net::Task<SharedFound> look_in_shared(FetchContext& worker, std::shared_ptr<FetchJob> job);
/// For a request whose fetch nobody joins: a HEAD, the client's own conditions or range, or one that may not fetch.
/// What is found decides the request anew, as what is on disk does. The context outlives the look-up.
net::Task<> look_in_shared_alone(FetchContext& worker, pipeline::RequestContext& context);

}  // namespace cachearr::fetch
