// Requests to the event hub of an application: negotiate, open a WebSocket, poll, say something. Runs on the feed's
// loop; one for each try to connect.
#pragma once

#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "base/result.hpp"
#include "http/websocket.hpp"
#include "net/task.hpp"
#include "net/worker.hpp"
#include "origin/connections.hpp"
#include "rules/upstream.hpp"
#include "upkeep/feed/hub_protocol.hpp"

namespace cachearr::upkeep {

/// Where the hub is, and by which key it may be asked.
struct HubAddress {
  origin::Endpoint endpoint;
  std::string authority;  // as Host has it
  std::string path;       // of the hub, the origin's own path before it
  std::string query;      // empty, or parameters with '&' behind them
  std::string key;
  bool is_bearer = false;  // the hub itself has given out this key
  Duration connect{5'000};
};
/// `key`: the content of its api_key_file.
HubAddress hub_address(const rules::Upstream& upstream, std::string key, bool allow_private, Duration connect);

/// Where the hub sends its clients. The error: to another host, which is not to see a key of this one; a sentence.
Result<HubAddress> follow(const HubAddress& from, const Negotiation& to);

/// Why there is no connection.
struct HubFailure {
  std::string what;  // a sentence without secrets
  int status = 0;    // the hub's answer; 0: there was none
};

class HubClient {
 public:
  HubClient(origin::Connections& connections, HubAddress address)
      : connections_{connections}, address_{std::move(address)} {}

  /// Follows where the hub sends to; all after that goes there.
  net::Task<Result<Negotiation, HubFailure>> negotiate();
  /// The connection, switched to WebSocket.
  net::Task<Result<origin::ConnectionPtr, HubFailure>> open_websocket(std::string token);
  /// What the hub has to say by now; empty texts come where it has nothing to say. 204: it has closed the connection.
  net::Task<Result<std::string, HubFailure>> poll(std::string token);
  net::Task<Result<std::string, HubFailure>> say(std::string token, std::string_view text);
  /// Ends what is under way, for good.
  void close() noexcept;

 private:
  struct Answer;
  std::string request(std::string_view method, std::string_view path, const std::string& query,
                      std::string_view more) const;
  net::Task<Result<Answer, HubFailure>> ask(std::string request, Duration limit);
  net::Task<Result<Answer, HubFailure>> read_answer(origin::ConnectionPtr connection, Duration limit, bool with_body);
  net::Task<Result<origin::ConnectionPtr, HubFailure>> send(std::string request);
  HubFailure refusal(const Answer& answer) const;

  origin::Connections& connections_;
  HubAddress address_;
  std::weak_ptr<origin::Connection> current_;
  bool closed_ = false;
};

}  // namespace cachearr::upkeep
