#include "upkeep/feed/feed.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <tuple>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "upkeep/api_key_file.hpp"

namespace cachearr::upkeep {

namespace asio = boost::asio;

namespace {

constexpr Duration kSilence{30'000};               // after it the hub is gone
constexpr std::chrono::seconds kBetweenPings{15};  // half of what the hub waits for us
constexpr std::chrono::seconds kSettled{5};
constexpr std::size_t kMostUnsent = 64 * 1024;
constexpr std::size_t kReadSize = 64 * 1024;
constexpr std::size_t kMostFeedNames = 64;
constexpr int kSwitched = 101;

std::array<unsigned char, 4> mask_by(std::minstd_rand& random) {
  std::array<unsigned char, 4> mask{};
  for (auto& byte : mask) byte = static_cast<unsigned char>(random() >> 8);
  return mask;
}

}  // namespace

bool operator==(const FeedTarget& a, const FeedTarget& b) {
  const auto parts = [](const FeedTarget& target) {
    return std::tie(target.upstream, target.key_file, target.key_hash.low, target.key_hash.high, target.hub.authority,
                    target.hub.path, target.hub.endpoint.scheme);
  };
  return parts(a) == parts(b) && origin::pool_name(a.hub.endpoint) == origin::pool_name(b.hub.endpoint);
}

Feed::Feed(net::Worker& loop, origin::Connections& connections, const Clock& clock, FeedTarget target,
           pipeline::FeedStatePtr state, FeedHooks hooks)
    : loop_{loop},
      connections_{connections},
      clock_{clock},
      target_{std::move(target)},
      state_{std::move(state)},
      hooks_{std::move(hooks)},
      timer_{loop.context()},
      random_{std::random_device{}()} {
  status_.upstream = target_.upstream;
  status_.since = clock_.now();
}

void Feed::start() {
  auto task = run(shared_from_this());
  loop_.spawn(std::move(task), "a feed of events");
}

void Feed::end() {
  ended_ = true;
  down();
  timer_.cancel();
  if (client_) client_->close();
}

net::Task<> Feed::run([[maybe_unused]] std::shared_ptr<Feed> self) {
  while (!ended_) {
    const double jitter = static_cast<double>(random_() % 1000) / 1000;
    co_await pause(pause_before_try(failures_, jitter));
    if (ended_) break;
    if (!hooks_.may_connect()) {
      set_phase(FeedPhase::off);
      failures_ = 1;
      continue;
    }
    const auto why = co_await connect_and_listen();
    broke(why);
  }
}

net::Task<> Feed::pause(Duration length) {
  if (length.count() == 0) co_return;
  timer_.expires_after(length);
  auto wait = timer_.async_wait(asio::as_tuple(asio::deferred));
  co_await std::move(wait);
}

net::Task<HubFailure> Feed::connect_and_listen() {
  auto key = read_api_key(target_.key_file);
  {
    const std::lock_guard lock{mutex_};
    status_.unreadable_key = !key;
  }
  if (!key) co_return HubFailure{key.error().what};
  auto hub = target_.hub;
  hub.key = std::move(*key);
  client_ = std::make_unique<HubClient>(connections_, std::move(hub));
  auto offer = co_await client_->negotiate();
  if (!offer) co_return offer.error();
  if (offer->websockets) {
    auto opened = co_await client_->open_websocket(offer->token);
    if (opened) co_return co_await listen_to_websocket(std::move(*opened));
    // Something on the way does not let WebSockets through.
    if (opened.error().status == 0 || opened.error().status == kSwitched || !offer->long_polling)
      co_return opened.error();
    offer = co_await client_->negotiate();
    if (!offer) co_return offer.error();
  }
  if (!offer->long_polling) co_return HubFailure{target_.hub.endpoint.host + " offers events by no way known here"};
  co_return co_await listen_by_polling(offer->token);
}

net::Task<HubFailure> Feed::listen_to_websocket(origin::ConnectionPtr connection) {
  websocket_ = std::move(connection);
  by_polling_ = false;
  frames_ = std::make_unique<http::WebSocketReader>(HubReader::kLongest);
  records_ = std::make_unique<HubReader>();
  unsent_.clear();
  send(http::WebSocketOpcode::text, kHubHandshake);
  auto& inbox = websocket_->inbox;
  HubFailure why;
  while (!ended_) {
    const bool goes_on = take_frames(inbox.readable(), why);
    inbox.consume(inbox.readable().size());
    if (!goes_on) co_return why;
    websocket_->stream->arm(kSilence);
    const auto got = co_await inbox.fill(*websocket_->stream, kReadSize);
    websocket_->stream->disarm();
    if (got.error == net::IoError::timed_out) co_return HubFailure{"the hub has been silent for 30 s"};
    if (got.error != net::IoError::none)
      co_return HubFailure{"the connection has broken: " + std::string{net::name_of(got.error)}};
  }
  co_return why;
}

/// The first poll makes the connection, the second one brings the answer to the handshake.
net::Task<HubFailure> Feed::listen_by_polling(std::string token) {
  by_polling_ = true;
  records_ = std::make_unique<HubReader>();
  auto polled = co_await client_->poll(token);
  if (!polled) co_return polled.error();
  const auto said = co_await client_->say(token, kHubHandshake);
  if (!said) co_return said.error();
  HubFailure why;
  while (!ended_) {
    polled = co_await client_->poll(token);
    if (!polled) co_return polled.error();
    if (!take(*polled, why)) co_return why;
  }
  co_return why;
}

bool Feed::take_frames(std::string_view bytes, HubFailure& why) {
  using Kind = http::WebSocketReader::Item::Kind;
  frames_->append(bytes);
  for (;;) {
    const auto item = frames_->next();
    switch (item.kind) {
      case Kind::need_more: return true;
      case Kind::message:
        if (!take(item.payload, why)) return false;
        break;
      case Kind::ping: send(http::WebSocketOpcode::pong, item.payload); break;
      case Kind::pong: break;
      case Kind::close: why = {"the hub has closed the connection", kSwitched}; return false;
      case Kind::error: why = {"the hub sent " + std::string{item.problem}, kSwitched}; return false;
    }
  }
}

bool Feed::take(std::string_view bytes, HubFailure& why) {
  for (const auto& event : records_->take(bytes)) {
    switch (event.kind) {
      case HubEvent::Kind::accepted: accepted(); break;
      case HubEvent::Kind::message:
        up();
        take_message(event.message);
        break;
      case HubEvent::Kind::other: up(); break;
      case HubEvent::Kind::closed:
      case HubEvent::Kind::failed: why = {event.problem}; return false;
    }
  }
  return true;
}

/// A hub counts a listener in a moment after it has taken its handshake: its first message shows that it has, and so
/// does some time. What is asked for before may miss a change.
void Feed::accepted() {
  accepted_at_ = last_ping_ = Steady::now();
  failures_ = 0;
}

/// What was stored in the gap before may have missed a change; the application is there to be asked.
void Feed::up() {
  if (is_up_ || ended_) return;
  is_up_ = true;
  up_at_ = Steady::now();
  state_->set_up(clock_.now());
  hooks_.gap(false);
  set_phase(by_polling_ ? FeedPhase::polling : FeedPhase::connected);
  log::info("the event feed of " + target_.upstream + " is up" + (by_polling_ ? ", by long polling" : ""));
}

void Feed::take_message(const rules::Message& message) {
  const auto followed = hooks_.act(message);
  const std::lock_guard lock{mutex_};
  ++status_.messages;
  status_.invalidations += followed;
  const bool known = hooks_.knows_event(message.event) && status_.by_event.size() < kMostFeedNames;
  ++status_.by_event[known ? message.event : "other"];
}

/// In this order: what is stored from now on lives shortly, and what was stored before is found. Soft: what is stale
/// may still stand in for an application that has gone.
void Feed::down() {
  if (!std::exchange(is_up_, false)) return;
  state_->set_down();
  hooks_.gap(true);
}

void Feed::broke(const HubFailure& why) {
  const bool was_up = is_up_;
  down();
  client_.reset();
  websocket_.reset();
  accepted_at_.reset();
  if (ended_) return;
  // One that breaks as soon as it is up is not asked without a pause.
  failures_ = !was_up ? failures_ + 1 : Steady::now() - up_at_ >= kSettled ? 0 : 1;
  bool news = was_up;
  {
    const std::lock_guard lock{mutex_};
    news = news || status_.last_error != why.what;
    status_.last_error = why.what;
  }
  set_phase(hooks_.may_connect() ? FeedPhase::down : FeedPhase::off);
  if (news) log::warning("the event feed of " + target_.upstream + " is down: " + why.what);
}

void Feed::tick() {
  if (client_ && !hooks_.may_connect()) return client_->close();
  const auto now = Steady::now();
  if (accepted_at_ && now - *accepted_at_ >= kSettled) up();
  if (!websocket_) return;
  flush();
  if (!accepted_at_ || now - last_ping_ < kBetweenPings) return;
  last_ping_ = now;
  send(http::WebSocketOpcode::text, kHubPing);
}

void Feed::send(http::WebSocketOpcode opcode, std::string_view payload) {
  unsent_ += http::websocket_frame(opcode, payload, mask_by(random_));
  flush();
}

/// What cannot be sent now goes with the next tick: a hub that takes nothing is noticed by its silence.
void Feed::flush() {
  if (unsent_.empty()) return;
  const std::array<net::Slice, 1> slices{net::slice(unsent_)};
  const auto written = websocket_->stream->try_write(slices);
  unsent_.erase(0, written.bytes);
  if (written.error != net::IoError::none || unsent_.size() > kMostUnsent) websocket_->stream->close();
}

void Feed::set_phase(FeedPhase phase) {
  const std::lock_guard lock{mutex_};
  if (is_up(status_.phase) != is_up(phase)) status_.since = clock_.now();
  status_.phase = phase;
}

FeedStatus Feed::status() const {
  const std::lock_guard lock{mutex_};
  return status_;
}

}  // namespace cachearr::upkeep
