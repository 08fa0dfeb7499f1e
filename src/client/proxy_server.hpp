// The proxy as a whole: workers with their contexts, and the listeners that feed them.
//
// Made, started and stopped by the application on the main thread; it owns the workers, and everything it is given
// outlives it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>
#include <cachearr/config.hpp>

#include "client/client_context.hpp"
#include "client/request_reader.hpp"
#include "fetch/fetch_table.hpp"
#include "fetch/request_book.hpp"
#include "metrics/metrics.hpp"
#include "net/listener.hpp"
#include "net/worker.hpp"
#include "pipeline/config_snapshot.hpp"

namespace cachearr::client {

struct ProxyServerParts {
  const Clock& clock;
  store::Store& store;
  authority::ClientContexts& contexts;
  std::string secret;  // keys the hashes of credentials
  std::string loop_token;
  pipeline::SnapshotPtr snapshot;
  fetch::AdmissionController* admission = nullptr;  // null: nothing is limited
};

class ProxyServer {
 public:
  explicit ProxyServer(ProxyServerParts parts);
  ~ProxyServer();
  ProxyServer(const ProxyServer&) = delete;
  ProxyServer& operator=(const ProxyServer&) = delete;

  /// Binds every configured listener; nothing is accepted yet. The error names the address.
  Result<bool> listen();
  /// Addresses that listen() bound, with real ports.
  const std::vector<std::string>& addresses() const noexcept { return addresses_; }
  /// The first of them that takes requests for every host without TLS; empty: none.
  const std::string& forward_address() const noexcept { return forward_address_; }
  /// Our own addresses besides the proxy's: never dialled on a client's behalf. Before start().
  void never_dial(const std::string& address);
  void start();
  /// From the next request on. Any thread.
  void apply(const pipeline::SnapshotPtr& snapshot);
  /// Stops accepting, lets requests finish, at most `grace`; true where all of them did. Then stops the workers.
  bool drain(Duration grace);

  const std::vector<std::unique_ptr<net::Worker>>& workers() const noexcept { return workers_; }
  fetch::AdmissionController* admission() noexcept { return admission_; }
  /// What connections to origins have in common; constant after start().
  const origin::DialSettings& dial_settings() const noexcept { return dial_; }
  /// Where requests of our own run, one for each worker.
  std::vector<fetch::FetchContext*> fetch_contexts() const;
  const fetch::RequestBook& request_book() const noexcept { return request_book_; }
  /// What each worker remembers of its requests.
  Journals journals() const;
  InterceptBypassList& intercept_bypass() noexcept { return clients_.intercept_bypass; }
  /// Clients connected to all workers.
  std::uint32_t client_connections() const noexcept { return clients_.connections.load(std::memory_order_relaxed); }
  metrics::Metrics& metrics() noexcept { return metrics_; }
  pipeline::SharedContext& shared() noexcept { return shared_; }

 private:
  Result<bool> listen_on(const ListenerConfig& config);
  std::size_t connections();

  pipeline::SnapshotPtr snapshot_;
  metrics::Metrics metrics_;
  fetch::FetchTable fetch_table_;
  fetch::RequestBook request_book_;
  pipeline::SharedContext shared_;
  ClientShared clients_;
  fetch::AdmissionController* admission_;
  origin::DialSettings dial_;
  std::vector<std::string> addresses_;
  std::string forward_address_;
  std::vector<std::unique_ptr<net::Worker>> workers_;
  std::vector<std::unique_ptr<ClientContext>> contexts_;
  std::vector<std::vector<std::unique_ptr<net::Listener>>> listeners_;  // by worker
  bool started_ = false;
};

}  // namespace cachearr::client
