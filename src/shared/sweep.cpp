#include "shared/sweep.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "base/log.hpp"
#include "shared/script.hpp"

namespace cachearr::shared {

namespace {

constexpr std::string_view kPageOfKeys = "200";
constexpr std::size_t kUsualCard = 1'024, kLargestCard = 60'000, kMostCardBytes = 4 * 1024 * 1024, kMostInPage = 2'000;
constexpr std::size_t kPrint = 64;  // a record is told from another by so many bytes
constexpr std::chrono::seconds kLeaseOfSweep{60}, kRenew{20}, kLookSoon{5};
constexpr Duration kSettled{30'000};
constexpr std::chrono::milliseconds kTurn{1};
constexpr std::int64_t kNothingToDo = 2;
constexpr std::chrono::milliseconds kIdleLane{8LL * 86'400'000};
constexpr std::chrono::hours kQuiet{1};

std::string in_millis(std::chrono::milliseconds time) { return std::to_string(time.count()); }

/// "swept" in the counter: epoch, ordinal of the last sweep, ordinal that two sweeps have seen, time of the last one.
/// 0: begin; 1: somebody else does, or has done so within the minute; 2: there is nothing to do.
const Script& claim_sweep_script() {
  static const Script script{R"lua(
local epoch, twice, at = string.match(redis.call('HGET', KEYS[2], 'swept') or '', '^(%d+) %-?%d+ (%-?%d+) (%d+)$')
if epoch ~= ARGV[3] then twice, at = '-1', '0' end
local is_new = redis.call('TIME')[1] - at < 86400
if ARGV[5] == '0' and is_new and tonumber(twice) >= tonumber(ARGV[4]) then return 2 end
local holder = redis.call('GET', KEYS[1])
if holder and not (holder == 'done' and ARGV[5] == '1') then return 1 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 0
)lua"};
  return script;
}

const Script& renew_sweep_script() {
  static const Script script{R"lua(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
)lua"};
  return script;
}

const Script& finish_sweep_script() {
  static const Script script{R"lua(
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local epoch, once, twice = string.match(redis.call('HGET', KEYS[2], 'swept') or '', '^(%d+) (%-?%d+) (%-?%d+) %d+$')
if epoch ~= ARGV[3] then once, twice = '-1', '-1' end
if ARGV[5] == '0' then twice = once end
redis.call('HSET', KEYS[2], 'swept', ARGV[3] .. ' ' .. ARGV[4] .. ' ' .. twice .. ' ' .. redis.call('TIME')[1])
redis.call('SET', KEYS[1], 'done', 'PX', ARGV[2])
return 1
)lua"};
  return script;
}

/// Whoever fetches it anew meanwhile keeps what it has written.
const Script& remove_script() {
  static const Script script{R"lua(
if redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1) ~= ARGV[1] then return 0 end
return redis.call('UNLINK', KEYS[1])
)lua"};
  return script;
}

/// A lane that nobody has drawn from for so long, and where nothing counts any more; its lists are called by windows.
const Script& remove_idle_lane_script() {
  static const Script script{R"lua(
local read = redis.call('HMGET', KEYS[1], 'at', 'seen', 'pause0', 'pause1')
if not read[1] then return 0 end
local now, longest, keys = redis.call('TIME')[1] * 1000, 0, {KEYS[1], KEYS[2], KEYS[3]}
for name in string.gmatch(read[2] or '', '(%S+)=') do
  longest = math.max(longest, tonumber(string.match(name, '^%d+') or '0'))
  keys[#keys + 1] = KEYS[1] .. ':' .. name
end
if now - read[1] < math.max(tonumber(ARGV[1]), 2 * longest) then return 0 end
for i = 3, 4 do
  if tonumber(string.match(read[i] or '', '^(%d+) ') or '0') > now then return 0 end
end
return redis.call('UNLINK', unpack(keys))
)lua"};
  return script;
}

}  // namespace

std::string escaped_for_pattern(std::string_view text) {
  std::string out;
  for (const char each : text) {
    if (std::string_view{"*?[]\\"}.find(each) != std::string_view::npos) out += '\\';
    out += each;
  }
  return out;
}

void Sweep::tick(std::shared_ptr<Link> link, TimePoint server_now) {
  server_now_ = server_now;
  if (!link || !link->is_up() || !parts_.news.is_ready()) return;
  if (claiming_ || status_.runs || !is_due()) return;
  link_ = std::move(link);
  claim();
}

bool Sweep::is_due() const noexcept {
  if (asked_) return true;
  const bool is_quiet =
      Steady::now() < quiet_until_ && parts_.news.epoch() == quiet_epoch_ && parts_.news.heard() == quiet_ordinal_;
  return !is_quiet && Steady::now() >= next_try_;
}

void Sweep::claim() {
  claiming_ = true;
  next_try_ = Steady::now() + kLookSoon;
  epoch_ = parts_.news.epoch();
  ordinal_ = parts_.news.heard();
  nonce_ = parts_.identity + "/" + std::to_string(++round_);
  const bool forced = std::exchange(asked_, false);
  run_script(*link_, claim_sweep_script(), {parts_.names.sweep(), parts_.names.counter()},
             {nonce_, in_millis(kLeaseOfSweep), std::to_string(epoch_), std::to_string(ordinal_), forced ? "1" : "0"},
             [this, forced, round = round_](const Reply* reply) {
               if (!reply || round != round_) return;
               claiming_ = false;
               take_claim(*reply, forced);
             });
}

void Sweep::take_claim(const Reply& reply, bool forced) {
  if (reply.kind != Reply::Kind::number) return;
  if (reply.number == 0) return begin(forced);
  if (reply.number != kNothingToDo) return;
  quiet_until_ = Steady::now() + kQuiet;
  quiet_epoch_ = epoch_;
  quiet_ordinal_ = ordinal_;
}

/// What is written later than this may have been asked for before, and is looked at by the next one.
void Sweep::begin(bool forced) {
  forced_ = forced;
  status_.runs = true;
  status_.last_seen = status_.last_removed = 0;
  begun_ = renewed_ = Steady::now();
  written_until_ = (server_now_ - kSettled).time_since_epoch().count();
  cursor_ = "0";
  master_ = 0;
  scan();
}

void Sweep::scan() {
  const auto masters = has_link() ? link_->masters() : std::vector<Connection*>{};
  if (master_ >= masters.size()) return masters.empty() ? end() : finish();
  const auto pattern = escaped_for_pattern(parts_.names.prefix) + ":[lr]1:*";
  masters[master_]->send({"SCAN", cursor_, "MATCH", pattern, "COUNT", kPageOfKeys},
                         [this, round = round_](const Reply* reply) {
                           if (round != round_ || !status_.runs) return;
                           reply ? take_page(*reply) : end();
                         });
}

void Sweep::take_page(const Reply& reply) {
  if (reply.kind != Reply::Kind::list || reply.items.size() != 2) return end();
  cursor_ = reply.items[0].text;
  under_way_ = 1;
  const auto lanes = parts_.names.prefix + ":l1:";
  card_bytes_ = 0;
  for (const auto& key : std::span{reply.items[1].items}.first(std::min(reply.items[1].items.size(), kMostInPage))) {
    if (key.text.starts_with(lanes)) {
      if (key.text.ends_with('}')) remove_idle_lane(key.text);
      continue;
    }
    ++status_.last_seen;
    read(key.text, kUsualCard);
  }
  done_one();
}

void Sweep::remove_idle_lane(const std::string& lane) {
  if (!has_link()) return;
  ++under_way_;
  run_script(*link_, remove_idle_lane_script(), {lane, lane + ":here", lane + ":away"}, {in_millis(kIdleLane)},
             [this, round = round_](const Reply* reply) {
               if (reply && round == round_ && status_.runs) done_one();
             });
}

void Sweep::read(const std::string& key, std::size_t size) {
  if (!has_link()) return;
  ++under_way_;
  link_->send({"GETRANGE", key, "0", std::to_string(size - 1)}, [this, key, size, round = round_](const Reply* reply) {
    if (!reply || round != round_ || !status_.runs) return;
    take_card(key, size, *reply);
    done_one();
  });
}

/// A card that is larger than most is asked for once more; what is longer than asked for is none of ours.
void Sweep::take_card(const std::string& key, std::size_t asked, const Reply& reply) {
  if (reply.kind != Reply::Kind::text || reply.text.size() > asked) return;
  const auto end = RecordReader::card_end(reply.text);
  if (end == 0 || end > kLargestCard || card_bytes_ > kMostCardBytes) return;
  if (end <= reply.text.size()) {
    card_bytes_ += end;
    cards_.push_back({key, reply.text.substr(0, end)});
  } else if (asked == kUsualCard && reply.text.size() == asked) {
    read(key, end);
  }
}

/// In turns, so that nobody's look-up waits for long.
void Sweep::judge() {
  const auto until = Steady::now() + kTurn;
  while (!cards_.empty() && Steady::now() < until) {
    const auto card = std::move(cards_.front());
    cards_.pop_front();
    if (is_named(card)) remove(card);
  }
  if (cards_.empty()) return done_one();
  parts_.loop.post([this, round = round_] {
    if (round == round_ && status_.runs) judge();
  });
}

/// What cannot be read is not ours to remove, nor what is older than all that is known here: others may know more.
bool Sweep::is_named(const Card& card) const {
  RecordReader reader{parts_.sealer, card.key, card.begin};
  if (reader.peek() != RecordFault::none) return false;
  const auto& stamp = reader.stamp();
  if (stamp.written_ms > written_until_) return false;
  const auto& news = parts_.news;
  if (stamp.epoch == news.epoch() && stamp.ordinal < news.log().floor()) return false;
  return stamp.epoch != news.epoch() ||
         news.log().validity(stamp.ordinal, reader.card().target()) != store::Validity::valid;
}

void Sweep::remove(const Card& card) {
  if (!has_link()) return;
  ++under_way_;
  run_script(*link_, remove_script(), {card.key}, {card.begin.substr(0, kPrint)},
             [this, round = round_](const Reply* reply) {
               if (!reply || round != round_ || !status_.runs) return;
               const bool removed = reply->kind == Reply::Kind::number && reply->number > 0;
               status_.last_removed += removed ? 1 : 0;
               status_.removed += removed ? 1 : 0;
               done_one();
             });
}

void Sweep::done_one() {
  if (--under_way_ > 0) return;
  if (cards_.empty()) return page_done();
  under_way_ = 1;
  judge();
}

void Sweep::page_done() {
  if (!has_link() || !parts_.news.is_ready() || parts_.news.epoch() != epoch_) return end();
  if (cursor_ == "0") ++master_;
  if (Steady::now() - renewed_ > kRenew) renew();
  scan();
}

void Sweep::renew() {
  renewed_ = Steady::now();
  run_script(*link_, renew_sweep_script(), {parts_.names.sweep()}, {nonce_, in_millis(kLeaseOfSweep)},
             [this, round = round_](const Reply* reply) {
               if (reply && round == round_ && reply->kind == Reply::Kind::number && reply->number == 0) end();
             });
}

void Sweep::finish() {
  ++status_.sweeps;
  status_.at = parts_.clock.now();
  status_.took = std::chrono::duration_cast<Duration>(Steady::now() - begun_);
  if (status_.last_removed > 0)
    log::info("swept the shared tier: " + std::to_string(status_.last_removed) + " of " +
              std::to_string(status_.last_seen) + " answers removed in " + in_millis(status_.took) + " ms");
  run_script(*link_, finish_sweep_script(), {parts_.names.sweep(), parts_.names.counter()},
             {nonce_, in_millis(kLeaseOfSweep), std::to_string(epoch_), std::to_string(ordinal_), forced_ ? "1" : "0"},
             [](const Reply*) {});
  end();
}

/// Whoever comes next begins from the start.
void Sweep::end() noexcept {
  ++round_;
  claiming_ = status_.runs = false;
  under_way_ = 0;
  cards_.clear();
  link_.reset();
}

}  // namespace cachearr::shared
