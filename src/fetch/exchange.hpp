// Sending one request to an origin and getting the head of its answer: connection, request, interim answers, retry.
// Runs on the worker of the desk.
#pragma once

#include <string>

#include "base/result.hpp"
#include "caching/storing.hpp"
#include "fetch/fetch_context.hpp"
#include "fetch/fetch_job.hpp"
#include "http/framing.hpp"

namespace cachearr::fetch {

struct UpstreamError {
  int status = 502;        // what the client is told
  std::string what;        // a sentence
  bool by_client = false;  // the client's own body was the reason: nothing is wrong with the origin
  bool unsent = false;     // never tried: the target is forbidden or ourselves
  bool garbled = false;    // something came, but no HTTP: the origin is there
};

/// A final head. It looks into the connection's inbox, where its bytes still stand: consume `head_bytes` before reading
/// on.
struct Asked {
  origin::ConnectionPtr connection;
  http::ResponseHead head;
  std::size_t head_bytes = 0;
  http::Framing framing;
  caching::Timing timing;
  Duration idle{};  // how long the origin may be silent in the middle of its body
};

/// `validators`: whole field lines for a conditional request, or empty.
net::Task<Result<Asked, UpstreamError>> ask(FetchContext& worker, std::shared_ptr<FetchJob> job,
                                            std::string validators);

}  // namespace cachearr::fetch
