#include "proxy/front.hpp"

#include <algorithm>
#include <future>
#include <thread>

#include "http/target.hpp"
#include "net/local_addresses.hpp"
#include "net/tcp_stream.hpp"
#include "proxy/session.hpp"

namespace cachearr::proxy {

namespace {

std::size_t worker_count(const Config& config) {
  return config.threads > 0 ? config.threads : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Front::Front(FrontParts parts)
    : regime_{std::move(parts.regime)},
      metrics_{worker_count(regime_.settings->config)},
      services_{parts.clock, parts.store, metrics_, flights_, std::move(parts.secret), std::move(parts.loop_token),
                {},          {}} {
  services_.turnstile = parts.turnstile;
  const auto& config = regime_.settings->config;
  services_.dial.contexts = &parts.contexts;
  services_.dial.resolve = config.resolve;
  for (std::uint32_t i = 0; i < worker_count(config); ++i) {
    workers_.push_back(std::make_unique<net::Worker>(i));
    desks_.push_back(std::make_unique<Desk>(*workers_.back(), services_, regime_));
  }
  listeners_.resize(workers_.size());
}

Front::~Front() {
  for (auto& worker : workers_) worker->stop();
  for (auto& worker : workers_) worker->join();
  // Sockets end before their loop, suspended coroutines while what they refer to still lives.
  listeners_.clear();
  for (auto& desk : desks_) desk->connections.close_idle();
  for (auto& worker : workers_) worker->abandon();
  desks_.clear();
}

Result<bool> Front::listen() {
  for (const auto& listener : regime_.settings->config.listeners) {
    auto opened = listen_on(listener);
    if (!opened) return opened;
  }
  return true;
}

Result<bool> Front::listen_on(const ListenerConfig& config) {
  if (auto free = net::Listener::probe(config.address); !free) return free;
  auto door = std::make_shared<const Door>(Door{config.upstream, config.tls});
  std::string address = config.address;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    auto* const desk = desks_[i].get();
    auto accept = [desk, door](boost::asio::ip::tcp::socket socket, const net::Peer& peer) {
      start_session(*desk, door, net::make_tcp_stream(desk->worker, std::move(socket)), peer);
    };
    auto opened = net::Listener::open(*workers_[i], address, std::move(accept));
    if (!opened) return opened.error();
    address = (*opened)->address();
    listeners_[i].push_back(std::move(*opened));
  }
  addresses_.push_back(address);
  if (forward_address_.empty() && !config.tls && config.upstream.empty()) forward_address_ = address;
  never_dial(address);
  return true;
}

void Front::never_dial(const std::string& address) {
  const auto parsed = http::parse_host_port(address);
  const auto host = parsed ? net::parse_address(parsed->host) : std::nullopt;
  if (!host) return;
  for (const auto& own : net::addresses_behind(*host)) services_.dial.own.emplace_back(own, parsed->port);
}

void Front::start() {
  started_ = true;
  for (auto& of_worker : listeners_)
    for (auto& listener : of_worker) listener->start();
  for (auto& worker : workers_) worker->start();
}

void Front::adopt(const Regime& regime) {
  services_.objectors.forget();
  for (auto& desk : desks_) desk->adopt(regime);
}

void Front::with_desk(std::function<void(Desk&)> job) {
  auto* const desk = desks_.front().get();
  workers_.front()->post([desk, job = std::move(job)] { job(*desk); });
}

std::size_t Front::guests() {
  std::size_t total = 0;
  for (auto& worker : workers_) {
    std::promise<std::size_t> count;
    auto counted = count.get_future();
    worker->post([&] { count.set_value(worker->guests()); });
    total += counted.get();
  }
  return total;
}

bool Front::drain(Duration grace) {
  if (!started_) return true;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->post([this, i] {
      for (auto& listener : listeners_[i]) listener->close();
      workers_[i]->ask_guests_to_leave(false);
    });
  }
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (guests() > 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  const bool all = guests() == 0;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    std::promise<void> done;
    workers_[i]->post([&, i] {
      workers_[i]->ask_guests_to_leave(true);
      desks_[i]->log.flush();
      done.set_value();
    });
    done.get_future().wait();
    workers_[i]->stop();
  }
  for (auto& worker : workers_) worker->join();
  return all;
}

}  // namespace cachearr::proxy
