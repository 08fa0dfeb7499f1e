#include "fetch/confirmation.hpp"

#include "caching/edge_cookies.hpp"
#include "caching/validation.hpp"
#include "fetch/inspection.hpp"
#include "fetch/response_plan.hpp"

namespace cachearr::fetch {

using http::FieldId;

namespace {

/// False where the merged head cannot be read.
bool merge(const Update& update, const http::ResponseHead& stored, Confirmation& into) {
  const auto& context = update.context;
  auto policy = policy_of(context, update.timing.request_time);
  // A body that is confirmed says what it said when it came: the rule's ttl_from holds for it again.
  const auto ttl = ttl_of_body(context.verdict.rule, stored.fields.value(FieldId::content_encoding),
                               context.entry->body(), update.timing.response_time);
  if (ttl) policy.ttl = ttl_in_force(context, *ttl);
  into.head = caching::merged_head(stored, update.head, update.timing.response_time);
  http::ResponseHead merged;
  if (!http::parse_stored_head(into.head, merged)) return false;
  into.verdict = caching::may_freshen(update.request, merged, update.head, policy, update.timing);
  if (ttl && into.verdict.source == caching::LifetimeSource::rule)
    into.verdict.source = caching::LifetimeSource::rule_body;
  if (into.verdict.drop_cookies) into.head = caching::without_cookies(merged);
  return true;
}

}  // namespace

Result<Confirmation> confirm_by_304(const Update& update) {
  http::ResponseHead stored;
  if (!http::parse_stored_head(update.context.entry->head(), stored)) return Error{"the stored head cannot be read"};
  if (!caching::selects(update.head, stored)) return Error{"it names another representation than the stored one"};
  Confirmation confirmation;
  if (!merge(update, stored, confirmation)) return Error{"its fields do not fit the stored head"};
  return confirmation;
}

HeadVerdict confirm_by_head(const Update& update, Confirmation& into) {
  const auto& entry = update.context.entry;
  http::ResponseHead stored;
  if (!entry || update.head.status != 200 || update.context.disposition == pipeline::Disposition::pass ||
      !http::parse_stored_head(entry->head(), stored))
    return HeadVerdict::no_news;
  if (caching::contradicts(update.head, stored)) return HeadVerdict::contradicts;
  const bool merged = merge(update, stored, into);
  return merged && into.verdict.storable() ? HeadVerdict::confirms : HeadVerdict::no_news;
}

}  // namespace cachearr::fetch
