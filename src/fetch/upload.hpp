// A request's body on its way from the client to the origin, while the answer may already be coming back.
//
// Runs as a coroutine of its own on the session's worker. The session keeps the client's stream until `done` was set.
#pragma once

#include <memory>
#include <string>

#include "net/body_reader.hpp"
#include "net/event.hpp"
#include "net/worker.hpp"
#include "origin/connections.hpp"

namespace cachearr::fetch {

struct Upload {
  Upload(net::Worker& worker, net::Stream& client, net::Inbox& inbox, const http::Framing& framing)
      : chunked{framing.body == http::Framing::Body::chunked}, reader{client, inbox, framing}, done{worker} {}
  const bool chunked;
  net::BodyReader reader;
  net::Event done;
  bool started = false;
  bool finished = false;       // the whole body was sent on
  bool ended = false;          // the coroutine is over
  bool client_failed = false;  // the client's body was malformed or broke off: the origin must not take it for whole
  std::string problem;         // with client_failed: what was malformed; empty: it broke off
};

/// Sends the body to `to`; after a failure of the client closes `to`, so that the origin sees the body break off.
net::Task<> run_upload(std::shared_ptr<Upload> upload, origin::ConnectionPtr to, Duration idle);

}  // namespace cachearr::fetch
