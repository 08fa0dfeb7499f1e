// A request's body on its way from the client to the upstream, while the response may already be coming back.
//
// Owned by the delivery and the fetch of one request, on the session's worker; the copying runs as a coroutine of its
// own. Whoever owns the client's stream calls end() before anything else reads that stream or it goes away.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/body_reader.hpp"
#include "net/event.hpp"
#include "net/worker.hpp"
#include "origin/connections.hpp"

namespace cachearr::fetch {

class Upload {
 public:
  Upload(net::Worker& worker, net::Stream& client, net::Inbox& inbox, const http::Framing& framing)
      : chunked_{framing.body == http::Framing::Body::chunked},
        client_{client},
        reader_{client, inbox, framing},
        over_{worker} {}

  /// The upstream was sent something of the body, or is being sent it.
  bool has_started() const noexcept { return state_ >= State::running && state_ != State::discarded; }
  /// Nothing of the body is left in front of the client's next request.
  bool is_used_up() const noexcept { return state_ == State::sent || state_ == State::discarded; }
  /// The client's body was malformed or broke off, or the client is gone: the upstream must not take it for whole.
  bool client_failed() const noexcept { return state_ == State::client_failed || state_ == State::cancelled; }
  /// The whole body, once all of it was sent. None: it was not, or was longer than rules look at.
  std::optional<std::string_view> sent_body() const noexcept;
  /// A sentence. REQUIRES: client_failed().
  std::string failure() const;

  /// Takes a body that is never sent out of the inbox. True where all of it was there: the connection can go on.
  bool discard_buffered();
  /// From here on nothing touches the client's stream. Where the body is under way both its streams are closed.
  net::Task<> end();

 private:
  enum class State : std::uint8_t {
    waiting,        // nobody has begun to send it
    cancelled,      // and nobody may any more
    discarded,      // taken from the client, sent to nobody
    running,        // being sent
    sent,           // all of it was sent
    stopped,        // the upstream took no more of it
    client_failed,  // the client did not send all of it
  };
  friend net::Task<> run_upload(std::shared_ptr<Upload> upload, origin::ConnectionPtr to, Duration idle);
  void note(std::string_view data);
  net::Task<State> copy(net::Stream& to, Duration idle);

  const bool chunked_;
  net::Stream& client_;
  net::BodyReader reader_;
  net::Event over_;
  State state_ = State::waiting;
  std::optional<std::string> copied_ = std::string{};  // none once it was too long
  std::string problem_;                                // with client_failed: what was malformed; empty: it broke off
  origin::ConnectionPtr to_;                           // while running
};

/// Sends the body to `to`, unless the upload was ended before; after a failure of the client closes `to`, so that the
/// upstream sees the body break off.
net::Task<> run_upload(std::shared_ptr<Upload> upload, origin::ConnectionPtr to, Duration idle);

}  // namespace cachearr::fetch
