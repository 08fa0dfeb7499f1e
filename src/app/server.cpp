#include "app/server.hpp"

#include <chrono>
#include <iostream>
#include <signal.h>
#include <sys/resource.h>

#include "app/backup/import.hpp"
#include "app/exit_code.hpp"
#include "app/instance.hpp"
#include "app/systemd.hpp"
#include "base/log.hpp"
#include "upkeep/health.hpp"

namespace cachearr::app {

namespace {

/// The signals this program answers are taken by the main thread alone, one at a time, outside any handler.
sigset_t block_signals() {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

/// A dump would hold the authority's key, credentials and what was answered with them.
void dump_no_core() {
  constexpr rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

/// A second request to end ends at once: nothing may hold it up.
void end_at_once_on_next_signal() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT}) {
    struct sigaction action {};
    action.sa_handler = [](int) { ::_exit(exit_no); };
    ::sigaction(number, &action, nullptr);
    sigaddset(&set, number);
  }
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void reload(Instance& instance) {
  systemd::notify_reloading();
  instance.reload();  // says in the log how it went
  systemd::notify_ready(instance.status());
}

bool is_alive(Instance& instance) {
  for (const auto& worker : instance.proxy().workers())
    if (upkeep::is_stuck(worker->lag_ms())) return false;
  return true;
}

/// Waits for signals; between them tells systemd that the workers are alive.
void wait_for_the_end(Instance& instance, const sigset_t& signals) {
  const auto watchdog = systemd::watchdog_interval();
  const auto pause = watchdog ? *watchdog / 3 : Duration{3'600'000};
  const timespec limit{static_cast<time_t>(pause.count() / 1000), static_cast<long>(pause.count() % 1000) * 1'000'000};
  for (;;) {
    const int number = sigtimedwait(&signals, nullptr, &limit);
    if (number == SIGTERM || number == SIGINT) return;
    if (number == SIGHUP) reload(instance);
    if (watchdog && is_alive(instance)) systemd::notify_alive();
  }
}

}  // namespace

int run_server(const ServeOptions& options) {
  dump_no_core();
  const auto signals = block_signals();
  auto sockets = systemd::inherited_sockets();
  if (!sockets) {
    std::cerr << sockets.error().what << '\n';
    return exit_unavailable;
  }
  if (const auto unfinished = backup::finish_import(options.sources)) {
    std::cerr << unfinished->what << '\n';
    return exit_unavailable;
  }
  Instance instance{options.sources, *std::move(sockets)};
  if (const auto failure = instance.start()) {
    for (const auto& problem : failure->problems) std::cerr << to_string(problem) << '\n';
    log::stop();
    return failure->exit_code;
  }
  std::cout << "cachearr " CACHEARR_VERSION " is ready: " << instance.addresses() << std::endl;
  systemd::notify_ready(instance.status());
  wait_for_the_end(instance, signals);
  systemd::notify_stopping();
  end_at_once_on_next_signal();
  const bool all_ended = instance.stop();
  log::stop();
  if (!all_ended) ::_exit(exit_ok);  // what the call looks at is not destroyed under it
  return exit_ok;
}

}  // namespace cachearr::app
