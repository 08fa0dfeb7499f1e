// The way of warm-up and prefetch to the workers, and back: sends errands, collects how they went, and knows which
// credential goes along.
//
// Owned by the application; thread-safe. What is given to it outlives it; it may end before what it has sent.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "fetch/errand.hpp"
#include "rules/upstream.hpp"

namespace cachearr::upkeep {

/// Hands an errand to some worker; in tests, to the test.
using SendErrand = std::function<void(fetch::ErrandWish wish, fetch::ErrandDone done)>;
SendErrand send_to(std::vector<fetch::FetchContext*> workers);

/// What proves who asks: the upstream's own "api_key_file", else what a client has shown it last. The error: it wants a
/// credential and none is known, or what stands in that file is no key.
Result<fetch::Credentials> credentials_for(const rules::Upstream& upstream, const fetch::RequestBook& book);

/// Whether there are such; `bad_key` becomes the reason where what stands in the file is no key.
bool has_access(const rules::Upstream& upstream, const fetch::RequestBook& book, std::string& bad_key);

/// The wish to ask an upstream for a path, or for a whole URL.
fetch::ErrandWish errand_to(const rules::Upstream& upstream, const std::string& target,
                            const fetch::Credentials& credentials);

/// Results on their way from workers to one thread that waits for them. Held by shared_ptr: results may come late.
template <class T>
class Results {
 public:
  void put(T result) {
    {
      const std::lock_guard lock{mutex_};
      all_.push_back(std::move(result));
    }
    came_.notify_one();
  }
  /// Ends a wait.
  void wake() {
    {
      const std::lock_guard lock{mutex_};
      woken_ = true;
    }
    came_.notify_one();
  }
  /// Waits until there is something, for `longest` at most.
  std::vector<T> take(const std::stop_token& stop, Duration longest) {
    std::unique_lock lock{mutex_};
    came_.wait_for(lock, stop, longest, [this] { return woken_ || !all_.empty(); });
    woken_ = false;
    return std::exchange(all_, {});
  }
  /// What there is.
  std::vector<T> take() {
    const std::lock_guard lock{mutex_};
    return std::exchange(all_, {});
  }

 private:
  std::mutex mutex_;  // guards all below
  std::condition_variable_any came_;
  std::vector<T> all_;
  bool woken_ = false;
};

}  // namespace cachearr::upkeep
