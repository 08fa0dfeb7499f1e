// The admin API without its sockets: which calls there are, who may make them, and what they answer.
//
// Owned by the server; used on any thread. Calls may block unless their route says that they run on the loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <stop_token>

#include "admin/call.hpp"
#include "admin/instance.hpp"
#include "admin/login.hpp"
#include "admin/request_feed.hpp"
#include "admin/router.hpp"
#include "admin/webhook_counts.hpp"
#include "base/result.hpp"
#include "http/framing.hpp"

namespace cachearr::admin {

/// What the calls of this API share: what they did, for the metrics, and their order.
struct ApiCounters {
  std::atomic<std::uint64_t> invalidations{0};
  WebhookCounts webhooks;
  std::mutex key_changes;  // what is stored under a key, and what others are told of it, come in one order
};

class Api {
 public:
  explicit Api(Instance& instance);
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  /// A call that may be made, once its body is there.
  struct Admitted {
    const Route* route = nullptr;
    Call call;
    std::uint64_t body_limit = 0;
  };
  /// Judges a request by its head alone. `local`: over the Unix socket, whose file's mode has said who may call. The
  /// head must outlive what this returns.
  Result<Admitted, Answer> admit(const http::RequestHead& head, const http::Framing& framing, bool local,
                                 const ip::Address& peer = {}) const;
  /// `stop`: the program ends; a call of many steps may leave the rest undone then, and says so.
  Answer run(Admitted& admitted, std::string_view body, const std::stop_token& stop) const;

 private:
  /// What a caller is let in by: the key, which no other site knows, or what a browser sends by itself.
  enum class LetInBy : std::uint8_t { key, browser };
  Result<LetInBy, Denied> check_caller(const http::RequestHead& head, const Call& call, const AdminConfig& config,
                                       Needs needs) const;

  Instance& instance_;
  Login login_{instance_.api_key(), instance_.store(), instance_.clock()};
  ApiCounters counters_;
  RequestFeed feed_{instance_};
  Router router_;
};

}  // namespace cachearr::admin
