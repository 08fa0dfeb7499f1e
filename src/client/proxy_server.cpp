#include "client/proxy_server.hpp"

#include <algorithm>
#include <future>
#include <thread>

#include "client/session.hpp"
#include "http/target.hpp"
#include "net/tcp_stream.hpp"

namespace cachearr::client {

namespace {

/// How often connections are asked to leave: who was just connected has so long for a first request, and who comes from
/// the accept loop after the first time is asked as well.
constexpr Duration kAskAgain{300};

std::size_t worker_count(const Config& config) {
  return config.threads > 0 ? config.threads : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

ProxyServer::ProxyServer(ProxyServerParts parts)
    : snapshot_{std::move(parts.snapshot)},
      metrics_{worker_count(snapshot_->settings->config)},
      shared_{parts.clock, parts.store, metrics_, std::move(parts.secret), std::move(parts.loop_token)},
      admission_{parts.admission} {
  const auto& config = snapshot_->settings->config;
  dial_.contexts = &parts.contexts;
  dial_.resolve = config.resolve;
  for (std::uint32_t i = 0; i < worker_count(config); ++i) {
    workers_.push_back(std::make_unique<net::Worker>(i));
    contexts_.push_back(std::make_unique<ClientContext>(*workers_.back(), shared_, clients_, snapshot_, fetch_table_,
                                                        admission_, dial_));
    contexts_.back()->book = &request_book_;
  }
  listeners_.resize(workers_.size());
}

ProxyServer::~ProxyServer() {
  for (auto& worker : workers_) worker->stop();
  for (auto& worker : workers_) worker->join();
  // Sockets end before their loop, suspended coroutines while what they refer to still lives.
  listeners_.clear();
  for (auto& context : contexts_) context->connections.close_idle();
  for (auto& worker : workers_) worker->abandon();
  contexts_.clear();
}

Result<bool> ProxyServer::listen() {
  for (const auto& listener : snapshot_->settings->config.listeners) {
    auto opened = listen_on(listener);
    if (!opened) return opened;
  }
  return true;
}

Result<bool> ProxyServer::listen_on(const ListenerConfig& config) {
  const bool inherited = config.inherited >= 0;
  if (auto free = inherited ? Result<bool>{true} : net::Listener::probe(config.address); !free) return free;
  auto listener =
      std::make_shared<const pipeline::ListenerInfo>(pipeline::ListenerInfo{config.upstream, config.tls, config.http2});
  std::string address = config.address;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    auto* const worker = contexts_[i].get();
    auto accept = [worker, listener](boost::asio::ip::tcp::socket socket, const net::Peer& peer) {
      start_session(*worker, listener, net::make_tcp_stream(worker->loop, std::move(socket)), peer);
    };
    auto opened = inherited ? net::Listener::adopt(*workers_[i], config.inherited, std::move(accept))
                            : net::Listener::open(*workers_[i], address, std::move(accept));
    if (!opened) return opened.error();
    address = (*opened)->address();
    listeners_[i].push_back(std::move(*opened));
  }
  addresses_.push_back(address);
  if (forward_address_.empty() && !config.tls && config.upstream.empty()) forward_address_ = address;
  never_dial(address);
  return true;
}

void ProxyServer::never_dial(const std::string& address) {
  const auto parsed = http::parse_host_port(address);
  const auto host = parsed ? ip::parse_address(parsed->host) : std::nullopt;
  if (!host) return;
  dial_.own.emplace_back(*host, parsed->port);
}

void ProxyServer::start() {
  started_ = true;
  for (auto& of_worker : listeners_)
    for (auto& listener : of_worker) listener->start();
  for (auto& worker : workers_) worker->start("worker " + std::to_string(worker->index()));
}

void ProxyServer::apply(const pipeline::SnapshotPtr& snapshot) {
  clients_.intercept_bypass.forget();
  for (auto& worker : contexts_) worker->apply(snapshot);
}

std::vector<fetch::FetchContext*> ProxyServer::fetch_contexts() const {
  std::vector<fetch::FetchContext*> all;
  for (const auto& context : contexts_) all.push_back(context.get());
  return all;
}

Journals ProxyServer::journals() const {
  Journals journals;
  for (const auto& context : contexts_) journals.push_back(&context->journal);
  return journals;
}

std::size_t ProxyServer::connections() {
  std::size_t total = 0;
  for (auto& worker : workers_) {
    std::promise<std::size_t> count;
    auto counted = count.get_future();
    worker->post([&] { count.set_value(worker->connections()); });
    total += counted.get();
  }
  return total;
}

bool ProxyServer::drain(Duration grace) {
  if (!started_) return true;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->post([this, i] {
      for (auto& listener : listeners_[i]) listener->close();
      workers_[i]->ask_connections_to_close(false);
    });
  }
  const auto begun = std::chrono::steady_clock::now();
  auto ask_again = begun + std::min<Duration>(kAskAgain, grace / 2);
  while (connections() > 0 && std::chrono::steady_clock::now() < begun + grace) {
    if (std::chrono::steady_clock::now() > ask_again) {
      ask_again += kAskAgain;
      for (auto& worker : workers_) worker->post([&loop = *worker] { loop.ask_connections_to_close(false); });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  const bool all = connections() == 0;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    std::promise<void> done;
    workers_[i]->post([&, i] {
      workers_[i]->ask_connections_to_close(true);
      contexts_[i]->log.flush();
      done.set_value();
    });
    done.get_future().wait();
    workers_[i]->stop();
  }
  for (auto& worker : workers_) worker->join();
  return all;
}

}  // namespace cachearr::client
