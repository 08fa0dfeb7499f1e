// A worker's place of work: everything that serving a request needs, without a lock. One for each worker, touched only
// on its thread (but for adopt(), which posts). Services is shared by all and outlives every desk.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>

#include "net/worker.hpp"
#include "origin/connections.hpp"
#include "proxy/access_log.hpp"
#include "proxy/codings.hpp"
#include "proxy/considered.hpp"
#include "proxy/metrics.hpp"
#include "proxy/objectors.hpp"
#include "proxy/once.hpp"
#include "proxy/output.hpp"
#include "proxy/recall.hpp"
#include "proxy/replies.hpp"
#include "proxy/settings.hpp"
#include "store/store.hpp"

namespace cachearr::proxy {

class Flights;
class Turnstile;

struct Services {
  const Clock& clock;
  store::Store& store;
  Metrics& metrics;
  Flights& flights;
  std::string secret;      // keys the hashes of credentials; kept in the state directory
  std::string loop_token;  // this instance's name in CDN-Loop
  origin::DialSettings dial;
  std::atomic<std::uint32_t> connections{0};  // of clients, on all workers
  Objectors objectors = {};
  Once refused_names = {};         // at TLS listeners
  Turnstile* turnstile = nullptr;  // null: nothing is limited
};

class Desk {
 public:
  Desk(net::Worker& worker, Services& services, Regime regime);
  ~Desk();

  /// From any thread: from the next request on, this desk serves by `regime`.
  void adopt(Regime regime);

  const Settings& settings() const noexcept { return *regime.settings; }
  std::uint32_t label_of(const rules::Verdict& verdict);
  TimePoint now() const noexcept { return services.clock.now(); }
  /// Lays a stored answer into the output, in a coding that the client takes where the settings ask for that.
  Sent append_fitting(const http::RequestHead& request, const store::EntryPtr& entry, const http::CacheStatus& status,
                      TimePoint at, ReplyConnection connection);

  net::Worker& worker;
  Services& services;
  WorkerCells& cells;
  Regime regime;
  origin::Connections connections;
  AccessLog log;
  Codings codings;
  Output output;              // of the request being answered
  Considered considered;      // of the request being decided
  http::RequestHead request;  // of the request being parsed
  Recall recall;
  TimePoint ahead_again{};  // no refresh ahead is tried before

 private:
  class Housekeeping;
  // By index, plus 1; 0: not asked yet.
  std::vector<std::uint32_t> labels_of_rules_;
  std::vector<std::uint32_t> labels_of_upstreams_;
  std::unique_ptr<Housekeeping> housekeeping_;
};

}  // namespace cachearr::proxy
