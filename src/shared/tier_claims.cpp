// One fetch for all instances: who finds nothing either fetches for all, or waits for the one that does.
#include <algorithm>
#include <utility>

#include "shared/look_up.hpp"

namespace cachearr::shared {

using Steady = std::chrono::steady_clock;

namespace {

constexpr std::string_view kLeaseMs = "10000", kNobodyMs = "2000";
constexpr std::chrono::milliseconds kLookAgain{10};
constexpr std::chrono::seconds kLongestWait{5};

/// What the script says besides a lease: the record has come; it was fetched, and is for nobody else.
constexpr std::int64_t kHasCome = -1, kIsForNobody = -2;

/// A record that begins with `ARGV[3]` is known there, and is no answer.
const Script& claim_script() {
  static const Script script{R"lua(
local begin = redis.call('GETRANGE', KEYS[1], 0, math.max(#ARGV[3], 1) - 1)
if begin ~= '' and begin ~= ARGV[3] then return -1 end
local holder = redis.call('GET', KEYS[2])
if holder == 'nobody' then return -2 end
if not holder then
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
  return 0
end
return 1
)lua"};
  return script;
}

/// What lies there still as it did before the fetch is not what came of it.
const Script& release_script() {
  static const Script script{R"lua(
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
local begin = redis.call('GETRANGE', KEYS[1], 0, math.max(#ARGV[4], 1) - 1)
if ARGV[3] == '0' or (begin ~= '' and begin ~= ARGV[4]) then return redis.call('UNLINK', KEYS[2]) end
redis.call('SET', KEYS[2], 'nobody', 'PX', ARGV[2])
return 1
)lua"};
  return script;
}

}  // namespace

/// Lives as long as the fetch; its end is told behind the record, on the same link.
struct Tier::Claim final : store::ClaimedFetch {
  Claim(Tier& owner, const LookUp& of) : tier{owner}, name{of.name}, nonce{of.nonce}, useless{of.useless} {
    most_bytes = owner.options_.max_object_bytes;
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim() override {
    tier.loop_.post([&to = tier, of = name, as = nonce, there = useless, was_asked = asked] {
      to.release(of, as, there, was_asked);
    });
  }
  Tier& tier;
  std::string name, nonce, useless;
};

void Tier::claim(const LookUpPtr& look_up) {
  if (!commands_->is_up()) return look_up->give_up();
  look_up->nonce = identity_ + "/" + std::to_string(++claims_);
  give_time(look_up);
  run_script(*commands_, claim_script(), {look_up->key, names_.lock(look_up->name)},
             {look_up->nonce, std::string{kLeaseMs}, look_up->useless},
             [this, look_up, asked = Steady::now()](const Reply* reply) {
               if (reply) took(Command::claim, asked, *reply);
               take_claim(look_up, reply);
             });
}

/// What a wait ends with that brings no answer.
const char* Tier::result_of(const Reply& reply) noexcept {
  if (reply.number == 0) return "taken-over";
  return reply.number == kIsForNobody ? "unshared" : "unusable";
}

void Tier::take_claim(const LookUpPtr& look_up, const Reply* reply) {
  const bool told = reply && reply->kind == Reply::Kind::number;
  const bool leads = told && reply->number == 0;
  auto claim = leads ? std::make_shared<Claim>(*this, *look_up) : nullptr;
  const bool has_come = told && reply->number == kHasCome;
  const bool comes_and_goes = has_come && std::exchange(look_up->has_come, true);
  if (look_up->is_late() || !told || leads || reply->number == kIsForNobody || comes_and_goes) {
    note_wait(*look_up, told ? result_of(*reply) : "away");
    return look_up->give_up(std::move(claim));
  }
  if (has_come) {
    look_up->timer.cancel();
    return ask(look_up);
  }
  wait_for_other(look_up);
}

void Tier::wait_for_other(const LookUpPtr& look_up) {
  const auto now = Steady::now();
  if (!look_up->has_waited()) {
    look_up->wait_until = now + kLongestWait;
    ++counts_.waits;
  }
  if (now >= look_up->wait_until) {
    note_wait(*look_up, "too-long");
    return look_up->give_up();
  }
  look_up->timer.expires_after(kLookAgain);
  look_up->timer.async_wait([this, look_up](const boost::system::error_code& cancelled) {
    if (cancelled || look_up->is_late()) return;
    claim(look_up);
  });
}

void Tier::release(const std::string& id, const std::string& nonce, const std::string& useless, bool asked) {
  if (!bulk_ || !bulk_->is_up()) return;  // the lease ends by itself
  run_script(*bulk_, release_script(), {names_.record(id), names_.lock(id)},
             {nonce, std::string{kNobodyMs}, asked ? "1" : "0", useless}, [](const Reply*) {});
}

}  // namespace cachearr::shared
