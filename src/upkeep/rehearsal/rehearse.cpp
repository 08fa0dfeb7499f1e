#include "upkeep/rehearsal/rehearse.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace cachearr::upkeep {
namespace {

bool may_store(const PastRequest& request, const Judgement& judged) {
  return judged.cached && !request.no_store && request.method == "GET";
}

bool is_unknown(const PastRequest& request, const Judgement& judged) {
  return may_store(request, judged) && !judged.lifetime;
}

ReplayStep step_of(const PastRequest& request, const Judgement& judged) {
  return {.at = request.at,
          .name = judged.name,
          .may_hit = judged.cached && !request.no_store && !request.insists,
          .may_store = may_store(request, judged),
          .lifetime = judged.lifetime.value_or(Duration{0}),
          .stale = judged.stale};
}

bool same_lifetime(const Judgement& a, const Judgement& b) {
  return a.cached == b.cached && a.by_origin == b.by_origin && a.lifetime == b.lifetime && a.stale == b.stale;
}

/// Counts what is different, and collects it by URL.
class Comparison {
 public:
  explicit Comparison(Rehearsal& into) : into_{into} {}

  void add(const PastRequest& request, Judgement before, Judgement after) {
    const bool rule = before.rule != after.rule, key = before.key != after.key || before.apart != after.apart,
               lifetime = !same_lifetime(before, after);
    into_.other_rule += rule ? 1 : 0;
    into_.other_key += key ? 1 : 0;
    into_.other_lifetime += lifetime ? 1 : 0;
    if (!rule && !key && !lifetime) return;
    auto& change = changes_[{request.method, request.url}];
    if (change.requests++ > 0) return;
    before.decided_by = after.decided_by = nullptr;  // the draft may be gone when this is read
    change = {request.method, request.url, std::move(before), std::move(after), rule, key, lifetime, 1};
  }
  void finish() {
    for (auto& each : changes_) into_.changes.push_back(std::move(each.second));
    std::stable_sort(into_.changes.begin(), into_.changes.end(),
                     [](const RehearsedChange& a, const RehearsedChange& b) { return a.requests > b.requests; });
    if (into_.changes.size() > Rehearsal::kMostChanges) into_.changes.resize(Rehearsal::kMostChanges);
  }

 private:
  Rehearsal& into_;
  std::map<std::pair<std::string, std::string>, RehearsedChange> changes_;
};

}  // namespace

Rehearsal rehearse(const pipeline::ConfigSnapshot& in_force, const pipeline::ConfigSnapshot& draft,
                   std::span<const PastRequest> past) {
  Rehearsal result;
  Comparison comparison{result};
  rules::Scratch scratch;
  std::vector<ReplayStep> before_steps, after_steps;
  for (const auto& request : past) {
    auto before = judge(in_force, request, scratch);
    auto after = before ? judge(draft, request, scratch, before->sharing) : std::nullopt;
    if (!before || !after || before->rule != request.rule) {
      ++result.left_out;
      continue;
    }
    if (result.requests++ == 0) result.from = request.at;
    result.to = request.at;
    result.hits_recorded += request.was_hit ? 1 : 0;
    take_stored_lifetime(request, *before, *after);
    result.lifetimes_unknown += is_unknown(request, *before) || is_unknown(request, *after) ? 1 : 0;
    before_steps.push_back(step_of(request, *before));
    after_steps.push_back(step_of(request, *after));
    comparison.add(request, *std::move(before), *std::move(after));
  }
  comparison.finish();
  result.before = simulate(before_steps);
  result.after = simulate(after_steps);
  return result;
}

}  // namespace cachearr::upkeep
