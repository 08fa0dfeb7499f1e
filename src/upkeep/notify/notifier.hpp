// Tells channels what happened, on a thread of its own: whoever publishes never waits.
//
// Owned by the application; configured at start and at each reload. Any thread may publish, ask and test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <cachearr/clock.hpp>
#include <cachearr/config.hpp>

#include "base/result.hpp"
#include "store/store.hpp"
#include "upkeep/notify/channel_queue.hpp"
#include "upkeep/notify/notification.hpp"
#include "upkeep/notify/transfers.hpp"

namespace cachearr::upkeep {

/// How the last message of a channel went.
struct LastSent {
  TimePoint at{};
  std::string event;
  bool ok = false;
  std::string error;
};

struct ChannelStatus {
  std::string name, host;
  ChannelType type = ChannelType::webhook;
  std::vector<std::string> events;
  std::size_t waiting = 0;
  std::size_t tries = 0;   // of the first that waits
  std::uint64_t lost = 0;  // given up, or too many at a time
  std::optional<LastSent> last;
};
std::string_view name_of(ChannelType type) noexcept;

class Notifier {
 public:
  /// How long a test message may take: somebody waits for it.
  static constexpr Duration kTestLasts = std::chrono::seconds{10};
  enum class NoTest : std::uint8_t { unknown, busy };  // no such channel; another test is under way

  explicit Notifier(const Clock& clock, Duration test_lasts = kTestLasts);
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// Keeps what waits in `store`, which outlives stop(), and gives the channels back what an earlier run kept there. At
  /// most once, before configure().
  void keep_in(store::Store& store);
  /// These channels from now on. One that keeps its name keeps what it is still to be told.
  void configure(const std::vector<NotificationConfig>& channels);
  void start();
  /// Ends what is under way. What waits, waits for the next run.
  void stop();

  void publish(const Notification& notification);
  /// Sends a test message and waits for the result: one caller at a time.
  Result<SendResult, NoTest> test(std::string_view name);
  std::vector<ChannelStatus> status() const;

 private:
  struct Channel;
  struct Test;
  using ChannelPtr = std::shared_ptr<Channel>;

  void run(const std::stop_token& stop);
  /// Hands what is due to the transfers; gives how long there is nothing more.
  Duration begin_due();
  void begin(const ChannelPtr& channel, const Notification& notification);
  void begin_test();
  void end_test(const SendResult& result);
  void settle(Channel& channel, const Notification& notification, const SendResult& result);
  ChannelPtr channel_named(std::string_view name) const;
  ChannelPtr new_channel(const std::string& name);
  void keep_locked();

  const Clock& clock_;
  const Duration test_lasts_;
  store::Store* store_ = nullptr;
  mutable std::mutex mutex_;  // guards the four below; never held while something is sent
  std::vector<ChannelPtr> channels_;
  std::unique_ptr<Test> test_;                // null: none is under way
  std::map<std::string, ChannelQueue> kept_;  // of an earlier run, by channel, until that is configured
  bool running_ = false;
  Transfers transfers_;
  std::jthread thread_;
};

}  // namespace cachearr::upkeep
