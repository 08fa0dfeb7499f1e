// What a configuration makes of a request that came before: its rule, its name, how long its answer holds. Nothing is
// looked up and nothing is sent. Any thread; reads the snapshot alone.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "base/hash.hpp"
#include "http/message.hpp"
#include "pipeline/config_snapshot.hpp"
#include "rules/scratch.hpp"

namespace cachearr::upkeep {

/// What is stored of a request's answer now.
struct StoredAnswer {
  int status = 0;
  TimePoint at{};                                       // when it was received
  Duration lifetime{};                                  // from then on, as what is in force gave it
  std::optional<http::Owned<http::ResponseHead>> head;  // none: it is on disk alone
};

/// A request as it was recorded: credentials in its URL are masked.
struct PastRequest {
  std::string method, url;
  std::string upstream, rule;  // that it went to, and that decided it then; empty: none
  int status = 0;
  std::uint64_t partition = 0;  // of its credentials, as a keyed hash; 0: they kept nothing apart, or it had none
  TimePoint at{};
  bool has_credentials = false;
  bool was_hit = false;
  bool insists = false;                        // on the origin's word
  bool no_store = false;                       // it asked for that
  std::shared_ptr<const StoredAnswer> stored;  // null: nothing is
};

/// Whose answers the upstream's rules give to other credentials, too.
enum class Sharing : std::uint8_t { none, named, all };

struct Judgement {
  std::string rule, key;                    // rule empty: none
  const rules::Rule* decided_by = nullptr;  // the rule, while its snapshot lives
  Hash128 name;                             // of the resource; requests with the same may share an answer
  Sharing sharing = Sharing::none;
  bool apart = false;                // its credentials keep its answer from others
  bool cached = false;               // it may be answered from the cache
  bool by_origin = false;            // the answer itself decides about its lifetime, or its content does
  std::optional<Duration> lifetime;  // none: that is not known, or it is not cached
  Duration stale{};                  // for so long after it, it is served and refreshed behind the answer
};

/// None where the request cannot be routed. `recorded_by`: the sharing by which its partition was recorded; none: that
/// of `by` itself.
std::optional<Judgement> judge(const pipeline::ConfigSnapshot& by, const PastRequest& request, rules::Scratch& scratch,
                               std::optional<Sharing> recorded_by = {});

/// Takes the stored lifetime for what is in force, and for a draft that gives lifetimes in the same way.
void take_stored_lifetime(const PastRequest& request, Judgement& in_force, Judgement& draft);

}  // namespace cachearr::upkeep
