#include "shared/tier.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <unistd.h>
#include <utility>

#include "base/log.hpp"

namespace cachearr::shared {

namespace asio = boost::asio;
using caching::Invalidation;

namespace {

constexpr std::size_t kLongestRefusal = 200;
constexpr std::chrono::seconds kTierTick{1};
constexpr std::size_t kSaltBytes = 16, kLongestCommandText = 256 * 1024, kLongestNewsText = 64 * 1024;
constexpr std::size_t kRecordOverhead = 256 * 1024;  // of head, identity and card
constexpr std::chrono::milliseconds kFarewell{300}, kLongestHandOver{500};
constexpr Duration kClockDoubt{100};  // each instance knows the server's clock by a question only
constexpr std::string_view kLocalBans = "shared-local-bans";

}  // namespace

std::string default_instance_name(store::Store& store, std::string_view own_secret) {
  constexpr std::string_view name = "shared-instance";
  if (auto known = store.get_state(name); !known.empty()) return known;
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  auto made = std::string{host[0] == '\0' ? "cachearr" : host} + "-" +
              to_hex(hash128(std::string{own_secret} + "instance")).substr(0, 4);
  store.put_state(name, made);
  return made;
}

Tier::Tier(TierOptions options, store::Store& store, const Clock& clock)
    : options_{std::move(options)},
      store_{store},
      clock_{clock},
      names_{options_.prefix},
      sealer_{options_.secret, random_bytes(kSaltBytes)},
      identity_{options_.instance + "/" + to_hex(hash128(random_bytes(kSaltBytes)))},
      news_{{store, clock, sealer_, names_, identity_, [this] { update(); },
             [this](const store::EntryPtr& entry, std::uint64_t ordinal) { send_instead(entry, ordinal); }}},
      pulse_{{clock, names_, options_.instance, [this] { return card_text(card_()); },
              [this](bool in_time) { beat(in_time); },
              [this](std::chrono::steady_clock::time_point asked, const Reply& reply) {
                took(Command::time, asked, reply);
              }}},
      sweep_{{loop_, clock, sealer_, news_, names_, identity_}} {
  status_.server = options_.address.shown();
  status_.instance = options_.instance;
}

Tier::~Tier() { stop(); }

ConnectionOptions Tier::connection_options(const std::string& what, std::size_t longest_text) {
  ConnectionOptions options;
  options.address = options_.address;
  options.trust = options_.trust;
  options.server_name = options_.server_name;
  options.client_name = "cachearr-" + what;
  options.longest_text = longest_text;
  options.where = [this]() -> Result<std::vector<ServerHost>> {
    return sentinels_ ? sentinels_->master() : options_.address.hosts;
  };
  return options;
}

std::shared_ptr<Link> Tier::make_link(const std::string& what, std::size_t longest_text, Link::Hooks hooks) {
  LinkOptions options{connection_options(what, longest_text), names_.counter(), what == "news"};
  return std::make_shared<Link>(loop_, std::move(options), std::move(hooks));
}

void Tier::make_links() {
  if (!options_.address.master.empty())
    sentinels_ = std::make_unique<Sentinels>(loop_, connection_options("sentinels", kLongestNewsText),
                                             [this] { reset_links(); });
  const auto record = static_cast<std::size_t>(options_.max_object_bytes) + kRecordOverhead;
  commands_ = make_link("commands", std::max(record, kLongestCommandText),
                        {[this] { link_changed(true); }, [this] { link_changed(false); }});
  bulk_ = make_link("bulk", kLongestNewsText, {[] {}, [this] { sweep_.link_down(); }});
  reading_ = make_link("news", kLongestNewsText,
                       {[this] { news_.reading_link_up(reading_); }, [this] { news_.reading_link_down(); }});
}

void Tier::reset_links() {
  for (const auto& link : {commands_, bulk_, reading_})
    if (link) link->reset();
}

void Tier::start(std::function<Member()> card) {
  card_ = std::move(card);
  news_.restore();
  local_bans_.restore(store_.get_state(kLocalBans));
  away_since_ = std::chrono::steady_clock::now();
  make_links();
  started_ = true;
  loop_.post([this] {
    if (sentinels_) sentinels_->start();
    for (const auto& link : {commands_, bulk_, reading_}) link->start();
    loop_.spawn(tick_forever(), "the pulse of the shared tier");
  });
  loop_.start("shared tier");
}

void Tier::stop() {
  if (!std::exchange(started_, false)) return;
  auto said = std::make_shared<std::promise<void>>();
  auto farewell = said->get_future();
  loop_.post([this, said] {
    may_ask_ = false;
    if (!commands_->is_up()) return said->set_value();
    pulse_.say_goodbye(*commands_, [said] { said->set_value(); });
  });
  farewell.wait_for(kFarewell);
  loop_.stop();
  loop_.join();
  news_.save();
  save_local_bans();
  if (sentinels_) sentinels_->stop();
  for (const auto& link : {commands_, bulk_, reading_}) link->stop();
  sweep_.link_down();
  sentinels_.reset();
  reading_.reset();
  news_.reading_link_down();
  commands_.reset();
  bulk_.reset();
  loop_.abandon();
}

net::Task<> Tier::tick_forever() {
  asio::steady_timer timer{loop_.context()};
  for (;;) {
    tick();
    timer.expires_after(kTierTick);
    auto wait = timer.async_wait(asio::as_tuple(asio::deferred));
    co_await std::move(wait);
  }
}

void Tier::tick() {
  if (sentinels_) sentinels_->tick();
  if (commands_->is_up()) {
    pulse_.tick(*commands_);
    news_.flush(*commands_);
  }
  news_.tick();
  save_local_bans();
  sweep_.tick(bulk_, pulse_.server_now());
  look_at_absence();
  update();
}

void Tier::beat(bool in_time) {
  breaker_.pulse(in_time);
  update();
}

void Tier::link_changed(bool up) {
  breaker_.reset();
  refusals_.clear();
  if (up) {
    log::info("the shared tier is there: " + options_.address.shown() + " (" + commands_->server().software + " " +
              commands_->server().version + ")");
    pulse_.tick(*commands_);
  } else {
    log::warning("the shared tier is away: " + commands_->problem());
    pulse_.link_down();
    news_.commands_link_down();
    // What has become of the server is so for the others, too: after a failover they lead to the old master.
    for (const auto& link : {bulk_, reading_})
      if (link) link->reset();
  }
  if (observer_) observer_(up);
  update();
}

/// Who has heard of no invalidation for so long asks for everything again, once.
void Tier::look_at_absence() {
  const auto now = std::chrono::steady_clock::now();
  if (news_.is_ready()) {
    away_since_ = now;
    blind_ = false;
  } else if (options_.blind_after && !blind_ && now - away_since_ > *options_.blind_after) {
    blind_ = true;
    store_.invalidate_soon({Invalidation::Kind::all, {}, true});
  }
}

void Tier::update() {
  if (!commands_) return;
  const bool ready = commands_->is_up() && news_.is_ready();
  is_ready_.store(ready, std::memory_order_release);
  may_ask_.store(ready && options_.records && !breaker_.is_open(), std::memory_order_release);
  if (ready) news_.flush(*commands_);
  const auto& server = commands_->server();
  const std::lock_guard lock{mutex_};
  status_.up = commands_->is_up();
  status_.ready = ready;
  status_.software = server.software;
  status_.version = server.version;
  status_.mode = server.mode;
  status_.problem = !status_.up ? commands_->problem() : news_.problem();
  if (status_.up && status_.problem.empty() && !ready) status_.problem = reading_ ? reading_->problem() : std::string{};
  status_.refusals.clear();
  for (const auto& [command, what] : refusals_) status_.refusals.push_back(what);
  status_.breaker_open = breaker_.is_open();
  status_.writes_paused = writes_are_paused();
  status_.offset = pulse_.offset().ahead();
  status_.round_trip = pulse_.offset().round_trip();
  status_.used_bytes = pulse_.memory().used;
  status_.max_bytes = pulse_.memory().most;
  status_.eviction = pulse_.memory().policy;
  status_.outbox = news_.log().outbox().size();
  status_.ordinal = news_.heard();
  status_.lag = news_.lag();
  status_.gap_at = news_.gap_at();
  status_.members = pulse_.members();
  status_.sweep = sweep_.status();
  status_.counts = counts_;
  status_.counts.sent = news_.counts().sent;
  status_.counts.received = news_.counts().received;
  status_.counts.gaps = news_.counts().gaps;
}

void Tier::note_limits(const std::string& problem) {
  const std::lock_guard lock{mutex_};
  status_.limits_problem = problem;
}

void Tier::took(Command command, std::chrono::steady_clock::time_point since, const Reply& reply) {
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - since);
  times_[static_cast<std::size_t>(command)].record(static_cast<std::uint64_t>(time.count()));
  if (command == Command::draw) return;
  if (!reply.is_error("NOPERM")) return static_cast<void>(refusals_.erase(command));
  refusals_.insert_or_assign(command, reply.text.substr(0, kLongestRefusal));
}

bool Tier::sweep() {
  if (!is_ready()) return false;
  loop_.post([this] { sweep_.ask(); });
  return true;
}

TierStatus Tier::status() const {
  const std::lock_guard lock{mutex_};
  auto status = status_;
  status.outbox += announced_.load();
  if (const auto full = queue_full_.load(); full > 0) status.counts.dropped["queue"] += full;
  return status;
}

void Tier::announce(const Invalidation& what) {
  announced_.fetch_add(1);
  loop_.post([this, what] {
    take_announced({&what, 1});
    if (announced_.load() == 0) news_.save();  // of many writes at once the last one keeps all
  });
}

/// A kill must not forget what was promised to be sent.
void Tier::announce_for_good(std::span<const Invalidation> all) {
  announced_.fetch_add(all.size());
  run_and_wait([this, copied = std::vector<Invalidation>{all.begin(), all.end()}] {
    take_announced(copied);
    news_.save();
  });
}

bool Tier::replace_for_good(std::string_view key, const std::vector<store::EntryPtr>& instead) {
  announced_.fetch_add(1);
  const auto taken = std::make_shared<std::atomic<bool>>(false);
  run_and_wait([this, what = Invalidation{Invalidation::Kind::key, std::string{key}, false}, instead, taken] {
    const bool may_write = !writes_are_paused();
    const bool has_room = news_.queue(what, may_write ? instead : std::vector<store::EntryPtr>{});
    if (!may_write || !has_room) drop(may_write ? "queue" : "full");
    taken->store(may_write && has_room);
    announced_.fetch_sub(1);
    flush_outbox();
    news_.save();
  });
  return taken->load();
}

void Tier::take_announced(std::span<const Invalidation> all) {
  for (const auto& what : all) news_.queue(what);
  announced_.fetch_sub(all.size());
  flush_outbox();
}

void Tier::flush_outbox() {
  if (commands_->is_up()) news_.flush(*commands_);
  const std::lock_guard lock{mutex_};
  status_.outbox = news_.log().outbox().size();
}

/// A tier that has stopped takes nothing any more; nobody waits for it for ever.
void Tier::run_and_wait(std::function<void()> job) {
  auto done = std::make_shared<std::promise<void>>();
  const auto ran = done->get_future();
  loop_.post([job = std::move(job), done] {
    job();
    done->set_value();
  });
  ran.wait_for(kLongestHandOver);
}

void Tier::take_kept_out(const Invalidation& what) {
  local_bans_.add((pulse_.server_now() + kClockDoubt).time_since_epoch().count(), what);
  local_bans_changed_ = true;
}

void Tier::save_local_bans() {
  if (std::exchange(local_bans_changed_, false)) store_.put_state(kLocalBans, local_bans_.encoded());
}

/// A look-up that begins later comes behind it in the line.
void Tier::keep_out(const Invalidation& what) {
  loop_.post([this, what] { take_kept_out(what); });
}

void Tier::keep_out_for_good(const Invalidation& what) {
  run_and_wait([this, what] {
    take_kept_out(what);
    save_local_bans();
  });
}

}  // namespace cachearr::shared
