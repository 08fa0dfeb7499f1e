// The proxy as a whole: workers with their desks, and the listeners that feed them.
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

#include "net/listener.hpp"
#include "net/worker.hpp"
#include "proxy/desk.hpp"
#include "proxy/flights.hpp"
#include "proxy/metrics.hpp"
#include "proxy/settings.hpp"

namespace cachearr::proxy {

struct FrontParts {
  const Clock& clock;
  store::Store& store;
  authority::ClientContexts& contexts;
  std::string secret;  // keys the hashes of credentials
  std::string loop_token;
  Regime regime;
  Turnstile* turnstile = nullptr;  // null: nothing is limited
};

class Front {
 public:
  explicit Front(FrontParts parts);
  ~Front();
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  /// Binds every configured listener; nothing is accepted yet. The error names the address.
  Result<bool> listen();
  /// Addresses that listen() bound, with real ports.
  const std::vector<std::string>& addresses() const noexcept { return addresses_; }
  /// The first of them that takes requests for every host without TLS; empty: none.
  const std::string& forward_address() const noexcept { return forward_address_; }
  /// Lets another room serve connections on the first worker, by the same loop (the admin API). Before start().
  net::Worker& first_worker() noexcept { return *workers_.front(); }
  /// Our own addresses besides the proxy's: never dialled on a client's behalf. Before start().
  void never_dial(const std::string& address);
  void start();
  /// From the next request on. Any thread.
  void adopt(const Regime& regime);
  /// Stops accepting, lets requests finish, at most `grace`; true where all of them did. Then stops the workers.
  bool drain(Duration grace);

  const std::vector<std::unique_ptr<net::Worker>>& workers() const noexcept { return workers_; }
  Services& services() noexcept { return services_; }
  Metrics& metrics() noexcept { return metrics_; }
  /// Runs `job` with the first worker's desk, on its thread. Any thread.
  void with_desk(std::function<void(Desk&)> job);

 private:
  Result<bool> listen_on(const ListenerConfig& config);
  std::size_t guests();

  Regime regime_;
  Metrics metrics_;
  Flights flights_;
  Services services_;
  std::vector<std::string> addresses_;
  std::string forward_address_;
  std::vector<std::unique_ptr<net::Worker>> workers_;
  std::vector<std::unique_ptr<Desk>> desks_;
  std::vector<std::vector<std::unique_ptr<net::Listener>>> listeners_;  // by worker
  bool started_ = false;
};

}  // namespace cachearr::proxy
