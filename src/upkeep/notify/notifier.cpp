#include "upkeep/notify/notifier.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.hpp"
#include "base/thread_name.hpp"
#include "base/units.hpp"
#include "upkeep/notify/channel_secrets.hpp"
#include "upkeep/notify/outgoing.hpp"

namespace cachearr::upkeep {

namespace {

constexpr Duration kIdle = std::chrono::minutes{1};
constexpr std::string_view kNotifierState = "notifications";
constexpr std::uint64_t kNotifierFormat = 1;
constexpr std::uint64_t kMostChannels = 1'000;

Notification test_message(TimePoint now) {
  return {"test", "test", "notice", "Test message", "This is a test message of cachearr: notifications arrive here.",
          "",     now};
}

/// What some have got is not sent to all once more.
ChannelQueue::Outcome outcome_of(const SendResult& result) noexcept {
  using Outcome = ChannelQueue::Outcome;
  if (result.ok || (result.partly && result.again.empty())) return Outcome::delivered;
  return result.refused ? Outcome::refused : Outcome::failed;
}

/// Of the addresses those that have not got the message yet; all, where nobody has.
void narrow(std::vector<std::string>& to, const std::vector<std::string>& left) {
  auto fewer = to;
  std::erase_if(fewer, [&](const auto& each) { return std::find(left.begin(), left.end(), each) == left.end(); });
  if (!fewer.empty()) to = std::move(fewer);
}

}  // namespace

/// Guarded by the notifier's lock.
struct Notifier::Channel {
  NotificationConfig config;
  ChannelQueue queue;
  std::vector<std::string> left;  // addresses that the first message in the queue has not reached; empty: all of them
  std::optional<LastSent> last;
  std::uint64_t lost = 0;
};

struct Notifier::Test {
  ChannelPtr channel;  // null once it is under way
  std::promise<SendResult> result;
};

std::string_view name_of(ChannelType type) noexcept {
  constexpr std::array<std::string_view, 9> names{"webhook",  "ntfy",    "gotify",   "discord", "slack",
                                                  "telegram", "apprise", "pushover", "email"};
  return names[static_cast<std::size_t>(type)];
}

Notifier::Notifier(const Clock& clock, Duration test_lasts) : clock_{clock}, test_lasts_{test_lasts} {}
Notifier::~Notifier() { stop(); }

void Notifier::keep_in(store::Store& store) {
  const std::lock_guard lock{mutex_};
  store_ = &store;
  const auto bytes = store.get_state(kNotifierState);
  if (bytes.empty()) return;
  limit::StateReader from{bytes};
  const bool known = from.number() == kNotifierFormat;
  const auto channels = known ? std::min(from.number(), kMostChannels) : 0;
  for (std::uint64_t i = 0; i < channels && from.ok(); ++i) {
    std::string name{from.text()};
    if (ChannelQueue queue; queue.read(from)) kept_.emplace(std::move(name), std::move(queue));
  }
  if (!known || !from.ok()) log::warning("some notifications that waited cannot be read; they are lost");
}

void Notifier::keep_locked() {
  if (!store_) return;
  limit::StateWriter to;
  to.number(kNotifierFormat);
  to.number(channels_.size());
  for (const auto& channel : channels_) {
    to.text(channel->config.name);
    channel->queue.write(to);
  }
  store_->put_state(kNotifierState, to.take());
}

Notifier::ChannelPtr Notifier::new_channel(const std::string& name) {
  auto channel = std::make_shared<Channel>();
  if (auto kept = kept_.extract(name)) channel->queue = std::move(kept.mapped());
  return channel;
}

void Notifier::configure(const std::vector<NotificationConfig>& channels) {
  const auto now = clock_.now();
  const std::lock_guard lock{mutex_};
  std::vector<ChannelPtr> next;
  for (const auto& config : channels) {
    auto channel = channel_named(config.name);
    const bool same = channel && channel->config == config;
    if (!channel) channel = new_channel(config.name);
    if (!same) {
      channel->config = config;
      channel->left.clear();
      channel->queue.configure(config.events, config.retry_after, now);
    }
    next.push_back(std::move(channel));
  }
  channels_ = std::move(next);
  keep_locked();
  transfers_.wake();
}

void Notifier::start() {
  const std::lock_guard lock{mutex_};
  running_ = true;
  thread_ = std::jthread{[this](const std::stop_token& stop) {
    name_thread("notify");
    run(stop);
  }};
}

void Notifier::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  transfers_.wake();
  thread_.join();
}

void Notifier::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto pause = begin_due();
    if (!stop.stop_requested()) transfers_.run(pause);
  }
  const std::lock_guard lock{mutex_};
  running_ = false;
  end_test({.error = "the program ends"});
}

Duration Notifier::begin_due() {
  const auto now = clock_.now();
  const std::lock_guard lock{mutex_};
  begin_test();
  auto pause = kIdle;
  for (const auto& channel : channels_) {
    if (const auto due = channel->queue.take(now)) begin(channel, *due);
    if (const auto next = channel->queue.next()) pause = std::min(pause, std::max(*next - now, Duration{1}));
  }
  return pause;
}

void Notifier::begin(const ChannelPtr& channel, const Notification& notification) {
  auto request = request_of(channel->config, notification);
  narrow(request.to, channel->left);
  transfers_.begin(channel->config, std::move(request),
                   [this, channel, notification](const SendResult& result) { settle(*channel, notification, result); });
}

void Notifier::begin_test() {
  if (!test_ || !test_->channel) return;
  const auto channel = std::exchange(test_->channel, nullptr);
  const auto message = test_message(clock_.now());
  const auto settle_test = [this, channel, message](const SendResult& result) {
    const std::lock_guard lock{mutex_};
    channel->last = {clock_.now(), message.event, result.ok, result.error};
    end_test(result);
  };
  transfers_.begin(channel->config, request_of(channel->config, message), settle_test, test_lasts_);
}

/// REQUIRES: the lock is held.
void Notifier::end_test(const SendResult& result) {
  if (const auto test = std::move(test_)) test->result.set_value(result);
}

void Notifier::settle(Channel& channel, const Notification& notification, const SendResult& result) {
  using Fate = ChannelQueue::Fate;
  const auto now = clock_.now();
  const std::lock_guard lock{mutex_};
  channel.last = {now, notification.event, result.ok, result.error};
  const auto fate = channel.queue.settle(outcome_of(result), now, result.asked_pause);
  if (fate != Fate::tried_again) channel.left.clear();
  if (fate == Fate::tried_again && result.partly) channel.left = result.again;
  keep_locked();
  if (result.ok) return;
  const auto what = "the notification " + notification.event + " has not reached " + (result.partly ? "all of " : "") +
                    "\"" + channel.config.name + "\" (" + result.error + ")";
  if (fate == Fate::given_up) {
    ++channel.lost;
    log::error(what + "; it is given up");
  } else if (fate == Fate::done) {
    log::warning(what);
  } else if (channel.queue.tries() == 1) {
    log::warning(what + "; it is sent again, with growing pauses");
  }
}

Notifier::ChannelPtr Notifier::channel_named(std::string_view name) const {
  const auto found =
      std::find_if(channels_.begin(), channels_.end(), [&](const auto& each) { return each->config.name == name; });
  return found == channels_.end() ? nullptr : *found;
}

void Notifier::publish(const Notification& notification) {
  const auto now = clock_.now();
  const std::lock_guard lock{mutex_};
  for (const auto& channel : channels_) {
    if (channel->queue.offer(notification, now)) continue;
    if (channel->lost++ == 0)
      log::error("too many notifications wait for \"" + channel->config.name + "\"; further ones are lost");
  }
  keep_locked();
  transfers_.wake();
}

Result<SendResult, Notifier::NoTest> Notifier::test(std::string_view name) {
  std::future<SendResult> result;
  {
    const std::lock_guard lock{mutex_};
    auto channel = channel_named(name);
    if (!channel) return NoTest::unknown;
    if (test_) return NoTest::busy;
    if (!running_) return SendResult{.error = "nothing is sent while the program starts or ends"};
    test_ = std::make_unique<Test>(Test{std::move(channel), {}});
    result = test_->result.get_future();
  }
  transfers_.wake();
  return result.get();
}

std::vector<ChannelStatus> Notifier::status() const {
  const std::lock_guard lock{mutex_};
  std::vector<ChannelStatus> list;
  for (const auto& channel : channels_) {
    const auto& config = channel->config;
    list.push_back({config.name, shown_host(config.url), config.type, config.events, channel->queue.waiting(),
                    channel->queue.tries(), channel->lost, channel->last});
  }
  return list;
}

}  // namespace cachearr::upkeep
