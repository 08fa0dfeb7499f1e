// Sending one request to an upstream and getting the head of its response: connection, request, interim responses,
// retry. Runs on the worker of the fetch.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "caching/storing.hpp"
#include "fetch/fetch_context.hpp"
#include "fetch/fetch_job.hpp"
#include "fetch/upstream_error.hpp"
#include "http/framing.hpp"

namespace cachearr::fetch {

/// A final head. It looks into the connection's inbox, where its bytes still stand: consume `head_bytes` before reading
/// on.
struct UpstreamResponse {
  origin::ConnectionPtr connection;
  http::ResponseHead head;
  std::size_t head_bytes = 0;
  http::Framing framing;
  caching::Timing timing;
  std::chrono::microseconds took{};  // from sending the request to the whole head
  Duration idle{};                   // how long the upstream may be silent in the middle of the body
};

/// One request; a second one where the first went on a connection that was kept and had died. Any other repetition is
/// the caller's, who has to be admitted for it again. `validators`: whole field lines for a conditional request, or
/// empty.
net::Task<Result<UpstreamResponse, UpstreamError>> exchange(FetchContext& worker, std::shared_ptr<FetchJob> job,
                                                            std::string validators);

}  // namespace cachearr::fetch
