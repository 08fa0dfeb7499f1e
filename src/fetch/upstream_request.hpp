// The request as the origin gets it: end-to-end fields only, our own Via and loop mark, conditions of ours instead of
// the client's. Pure.
#pragma once

#include <string>
#include <string_view>

#include "http/framing.hpp"
#include "http/message.hpp"
#include "pipeline/route.hpp"

namespace cachearr::fetch {

struct UpstreamRequest {
  const http::RequestHead& request;
  const pipeline::Route& route;
  const http::Framing& framing;
  std::string_view loop_token;
  std::string_view validators;       // whole lines of our own conditions
  bool whole = false;                // leave the client's conditions and ranges out: the whole answer is wanted
  bool through_http_parent = false;  // absolute form
  std::string_view parent_credentials = {};
  bool upgrade = false;     // Connection: Upgrade goes along
  bool cacheable = false;   // drop fields an origin may reflect into an answer that others will get
  bool negotiates = false;  // ask in the codings that we read, whatever the client takes
  bool surrogate = false;   // say that we obey Surrogate-Control
  int max_forwards = -1;    // -1: as it is
};

/// The whole head, empty line included.
std::string compose(const UpstreamRequest& from);

}  // namespace cachearr::fetch
