#include "upkeep/feed/event_feeds.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "base/log.hpp"
#include "pipeline/sharing.hpp"
#include "upkeep/api_key_file.hpp"

namespace cachearr::upkeep {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kTick{1};

bool has_feed(const rules::Upstream& upstream) {
  return !upstream.events.empty() && !upstream.api_key_file.empty() && !upstream.origin_host.empty();
}

/// All at once, and not one by one when they are asked for: nothing on the path of a hit has to know of feeds.
caching::Invalidation all_of(const std::string& upstream, bool soft) {
  return {caching::Invalidation::Kind::tag, rules::events_tag(upstream), soft};
}

}  // namespace

std::vector<FeedTarget> feed_targets(const pipeline::ConfigSnapshot& snapshot) {
  std::vector<FeedTarget> targets;
  const bool allow_private = snapshot.settings->may_be_private(true);
  for (const auto& upstream : snapshot.rules->upstreams()) {
    if (!has_feed(*upstream)) continue;
    auto hub = hub_address(*upstream, {}, allow_private, snapshot.settings->config.timeouts.connect);
    const auto key = read_api_key(upstream->api_key_file);
    targets.push_back({std::move(hub), upstream->name, upstream->api_key_file, key ? hash128(*key) : Hash128{}});
  }
  return targets;
}

EventFeeds::EventFeeds(store::Store& store, store::SharedTier* tier, const Clock& clock,
                       const origin::DialSettings& dial)
    : store_{store}, tier_{tier}, clock_{clock}, connections_{std::make_unique<origin::Connections>(loop_, dial)} {}

EventFeeds::~EventFeeds() { stop(); }

void EventFeeds::forget(const rules::RuleSet& rules) {
  for (const auto& upstream : rules.upstreams())
    if (!upstream->events.empty()) store_.invalidate_soon(all_of(upstream->name, true));
}

/// Here, and by all who share the upstream; no older record of theirs, or of ours, brings it back.
void EventFeeds::invalidate(const std::string& upstream, const caching::Invalidation& what) {
  const auto* const named = upstream_named(upstream);
  store::tell_tier(tier_, what, named && pipeline::is_shared(*named));
  store_.invalidate_soon(what);
}

void EventFeeds::configure(pipeline::SnapshotPtr snapshot) {
  loop_.post([this, snapshot = std::move(snapshot)] { apply(snapshot); });
}

void EventFeeds::start() {
  auto ticks = tick_forever();
  loop_.spawn(std::move(ticks), "the feeds of events");
  loop_.start("event feeds");
}

void EventFeeds::stop() {
  loop_.stop();
  loop_.join();
  {
    const std::lock_guard lock{mutex_};
    feeds_.clear();
  }
  loop_.abandon();
  connections_.reset();
}

net::Task<> EventFeeds::tick_forever() {
  asio::steady_timer timer{loop_.context()};
  for (;;) {
    timer.expires_after(kTick);
    auto wait = timer.async_wait(asio::as_tuple(asio::deferred));
    co_await std::move(wait);
    for (const auto& [name, feed] : feeds_) feed->tick();  // nobody else changes them
  }
}

void EventFeeds::apply(pipeline::SnapshotPtr snapshot) {
  snapshot_ = std::move(snapshot);
  auto before = feeds_;
  std::map<std::string, std::shared_ptr<Feed>> next;
  std::vector<std::shared_ptr<Feed>> fresh;
  for (auto& target : feed_targets(*snapshot_)) {
    const auto known = before.find(target.upstream);
    if (known != before.end() && known->second->target() == target) {
      next.insert(before.extract(known));
      continue;
    }
    const auto& upstream = *snapshot_->rules->upstream_named(target.upstream);
    auto hooks = hooks_of(target.upstream);
    const auto name = target.upstream;
    fresh.push_back(std::make_shared<Feed>(loop_, *connections_, clock_, std::move(target),
                                           snapshot_->feeds->of(upstream), std::move(hooks)));
    next.emplace(name, fresh.back());
  }
  {
    const std::lock_guard lock{mutex_};
    feeds_ = std::move(next);
  }
  for (const auto& [name, feed] : before) feed->end();
  for (const auto& feed : fresh) feed->start();
}

const rules::Upstream* EventFeeds::upstream_named(const std::string& name) const {
  return snapshot_->rules->upstream_named(name);
}

FeedHooks EventFeeds::hooks_of(const std::string& upstream) {
  FeedHooks hooks;
  hooks.may_connect = [this, upstream] {
    const auto* const named = upstream_named(upstream);
    return named && snapshot_->modes->of(named) != rules::UpstreamMode::offline;
  };
  hooks.act = [this, upstream](const rules::Message& message) { return act(upstream, message); };
  hooks.knows_event = [this, upstream](std::string_view event) {
    const auto* const named = upstream_named(upstream);
    return event == "version" || (named && snapshot_->rules->knows_event(*named, event));
  };
  hooks.gap = [this, upstream](bool soft) { invalidate(upstream, all_of(upstream, soft)); };
  return hooks;
}

/// A new version may answer otherwise than the old one, in everything.
bool EventFeeds::note_version(const std::string& upstream, const rules::Message& message) {
  const auto* const version = message.event == "version" ? message.find("version") : nullptr;
  if (!version) return false;
  const auto name = "event-feed-version:" + upstream;
  const auto before = store_.get_state(name);
  if (before != *version) store_.put_state(name, *version);
  if (before.empty() || before == *version) return false;
  log::info(upstream + " is another version now: what is stored of it is removed");
  invalidate(upstream, {caching::Invalidation::Kind::upstream, upstream, false});
  return true;
}

std::size_t EventFeeds::act(const std::string& upstream, const rules::Message& message) {
  const auto* const named = upstream_named(upstream);
  if (!named) return 0;
  std::size_t count = note_version(upstream, message) ? 1 : 0;
  rules::Captures captures;
  for (const auto* const rule : snapshot_->rules->invalidations(*named, message, captures)) {
    if (!snapshot_->settings->invalidates(*rule)) continue;
    for (const auto& what : rule->invalidate) {
      invalidate(upstream, {what.kind, rules::expand(what.text, captures), what.soft});
      ++count;
    }
  }
  return count;
}

std::vector<FeedStatus> EventFeeds::status() const {
  std::vector<FeedStatus> all;
  const std::lock_guard lock{mutex_};
  for (const auto& [name, feed] : feeds_) all.push_back(feed->status());
  return all;
}

}  // namespace cachearr::upkeep
