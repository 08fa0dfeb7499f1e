#include "fetch/fetch.hpp"

#include "caching/reuse.hpp"
#include "caching/validation.hpp"
#include "fetch/cache_writer.hpp"
#include "fetch/fetch_table.hpp"

namespace cachearr::fetch {

using http::FieldId;
using Kind = Outcome::Kind;

Fetch::~Fetch() {
  land();
  Outcome lost;
  lost.kind = Kind::failed;
  lost.error_status = 502;
  lost.error = "the request was given up";
  shared_fetch_.decide(std::move(lost));  // no effect where the outcome is known
  shared_fetch_.break_off();              // no effect where the body is whole
}

/// From here on the store answers; nobody joins any more.
void Fetch::land() {
  if (!job_->in_table) return;
  job_->in_table = false;
  worker_.fetch_table.land(job_->context->variant.id, job_->shared_fetch);
}

bool Fetch::may_serve_stale(metrics::StaleReason reason) const {
  const auto& entry = job_->context->entry;
  if (!entry || (job_->background && !shared_fetch_.has_readers())) return false;
  const auto& meta = entry->meta;
  const auto now = worker_.now();
  switch (reason) {
    case metrics::StaleReason::limited:
    case metrics::StaleReason::cooldown:
      if (caching::may_serve_when_limited(meta, now) ||
          (caching::ttl_at(meta, now) > 0 && caching::may_serve_offline(meta)))
        return true;
      break;
    case metrics::StaleReason::offline:
      if (is_offline()) return caching::may_serve_offline(meta);
      break;
    default: break;
  }
  return caching::may_serve_on_error(meta, job_->context->directives, now);
}

bool Fetch::serve_stale(metrics::StaleReason reason, int origin_status) {
  if (!may_serve_stale(reason)) return false;
  const auto& entry = job_->context->entry;
  const auto now = worker_.now();
  worker_.cells.stale_served[static_cast<std::size_t>(reason)].add();
  Outcome stale;
  stale.kind = Kind::entry;
  stale.entry = entry;
  stale.status = origin_status;
  stale.cache_status.hit = true;
  stale.cache_status.ttl = caching::ttl_at(entry->meta, now);
  stale.stale = reason;
  stale.cache_status.detail = name_of(reason);
  shared_fetch_.decide(std::move(stale));
  shared_fetch_.finish();
  return true;
}

/// Between this request's look into the store and the begin of its flight another may have landed: then the store has
/// the answer by now, and the origin need not be asked twice.
bool Fetch::serve_newly_stored() {
  const auto& context = *job_->context;
  if (!job_->in_table) return false;
  auto entry = worker_.shared.store.find(context.variant.id, context.variant.identity);
  if (const auto marker = caching::marker_of(entry)) {
    caching::VariantName name;
    caching::select_variant(context.resource(), marker, context.head().fields, name);
    entry = worker_.shared.store.find(name.id, name.identity);
  }
  if (!entry || caching::kind_of(entry->meta, context.now) != caching::EntryKind::response) return false;
  if (context.entry && entry->meta.stored_ms <= context.entry->meta.stored_ms) return false;
  const auto now = worker_.now();
  if (caching::judge(entry->meta, context.directives, now).reuse != caching::Reuse::fresh) return false;
  Outcome stored;
  stored.kind = Kind::entry;
  stored.cache_status.hit = true;
  stored.cache_status.ttl = caching::ttl_at(entry->meta, now);
  stored.entry = std::move(entry);
  shared_fetch_.decide(std::move(stored));
  shared_fetch_.finish();
  return true;
}

/// Credentials are part of the name where an upstream is known, so that Authorization does not stand in the way;
/// without one RFC 9111 alone decides.
caching::Policy Fetch::policy() const {
  caching::Policy policy;
  if (rule()) policy = rule()->policy;
  policy.personal = rule() && job_->context->key.has_credentials;
  policy.partitioned = policy.partitioned || policy.personal;
  return policy;
}

void Fetch::fail(const UpstreamError& failure) {
  count_prefetch(metrics::Prefetch::failed);
  if (!failure.by_client && serve_stale(metrics::StaleReason::if_error, 0)) return;
  Outcome failed;
  failed.kind = Kind::failed;
  failed.error_status = failure.status;
  failed.error = failure.what;
  failed.cache_status.forward = job_->context->forward;
  failed.cache_status.detail = job_->context->detail;
  shared_fetch_.decide(std::move(failed));
}

std::string Fetch::validators() const {
  std::string lines;
  const auto& context = *job_->context;
  http::ResponseHead stored;
  if (context.disposition == pipeline::Disposition::pass || !context.entry ||
      job_->context->request.head.method != http::Method::get)
    return lines;
  if (http::parse_stored_head(context.entry->head(), stored)) caching::append_validators(lines, stored);
  return lines;
}

net::Task<> Fetch::run() {
  if (is_offline()) {
    stay_offline();
    co_return;
  }
  if (serve_newly_stored()) co_return;
  while (!permit_.take(*job_)) {
    const auto denial = co_await permit_.wait(job_);
    if (!denial) break;
    if (denial->abandoned) {
      land();  // nobody joins any more; who did in the last moment is served
      if (shared_fetch_.has_readers()) continue;
    }
    deny(*denial);
    co_return;
  }
  auto conditions = validators();
  validating_ = !conditions.empty();
  auto asked = co_await ask(worker_, job_, std::move(conditions));
  if (!asked) {
    const bool unjudged = asked.error().by_client || asked.error().unsent || asked.error().garbled;
    permit_.end(unjudged ? limit::Outcome::abandoned : limit::Outcome::failed, Duration{-1});
    fail(asked.error());
    co_return;
  }
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(asked->timing.response_time - asked->timing.request_time);
  worker_.cells.upstream_answered(
      job_->context->verdict.upstream ? job_->context->verdict.upstream->name : std::string{}, asked->head.status,
      static_cast<std::uint64_t>(took.count()));
  look_at_limits(*asked);
  co_await take(*asked);
  permit_.end(judgement(), std::chrono::duration_cast<Duration>(took));
}

limit::Outcome Fetch::judgement() const noexcept {
  if (limited_) return limit::Outcome::limited;
  return broken_ ? limit::Outcome::failed : limit::Outcome::answered;
}

/// The client's own conditions went along.
bool Fetch::asked_conditionally() const {
  const auto& fields = job_->context->request.head.fields;
  if (job_->context->disposition == pipeline::Disposition::revalidate &&
      job_->context->request.head.method == http::Method::get)
    return validating_;
  return fields.has(FieldId::if_none_match) || fields.has(FieldId::if_modified_since);
}

net::Task<> Fetch::take(Asked& asked) {
  const int status = asked.head.status;
  timing_ = asked.timing;
  outcome_.tls = asked.connection->tls;
  if (status == 101) {
    outcome_.kind = Kind::upgraded;
    outcome_.head = compose_upgrade(asked.head);
    asked.connection->inbox.consume(asked.head_bytes);
    job_->handed_over = std::move(asked.connection);
    shared_fetch_.decide(std::move(outcome_));
    shared_fetch_.finish();
    co_return;
  }
  if (status == 304 && validating_) {
    take_not_modified(asked);
    release(asked, true);
    co_return;
  }
  if (status == 304 && !asked_conditionally()) {
    fail({502, job_->context->route.target.host + " answered 304 to a request without conditions"});
    co_return;
  }
  broken_ = is_server_error(status) && status != 500;  // which may be about this request alone
  if ((is_server_error(status) && serve_stale(metrics::StaleReason::if_error, status)) ||
      ((limited_ || status == 429) && serve_stale(metrics::StaleReason::limited, status))) {
    if (limited_) co_await look_at_refusal(asked);
    co_return;
  }
  if (job_->context->request.head.method != http::Method::get ||
      job_->context->disposition == pipeline::Disposition::pass)
    invalidate_after_write(worker_, *job_, asked.head);
  judge(asked);
  hold_back(asked);
  if (asked.framing.body == http::Framing::Body::none && job_->context->request.head.method == http::Method::head)
    take_head_answer(asked);
  co_await take_body(asked);
}

namespace {

/// A body that is confirmed says what it said when it came: the rule's ttl_from holds for it again.
void apply_content(const rules::Rule* rule, const http::ResponseHead& stored, std::string_view body,
                   caching::Policy& policy) {
  if (!rule || rule->ttl_from.empty()) return;
  const auto verdict = rules::inspect_body(*rule, stored.fields.value(FieldId::content_encoding), body);
  if (verdict.ttl) policy.ttl = verdict.ttl;
}

}  // namespace

/// RFC 9111 4.3.3 and 4.3.4: the stored answer is confirmed and takes over what the 304 says.
void Fetch::take_not_modified(const Asked& asked) {
  const auto& entry = job_->context->entry;
  http::ResponseHead stored;
  http::ResponseHead merged_parsed;
  store::EntryPtr fresh = entry;
  auto policy = this->policy();
  bool stored_again = false;
  if (http::parse_stored_head(entry->head(), stored) && caching::selects(asked.head, stored)) {
    apply_content(rule(), stored, entry->body(), policy);
    auto merged = caching::merged_head(stored, asked.head, timing_.response_time);
    if (http::parse_stored_head(merged, merged_parsed)) {
      auto verdict = caching::may_freshen(job_->context->request.head, merged_parsed, asked.head, policy, timing_);
      if (verdict.storable() && job_->may_store) {
        settle_lifetime(verdict, limit::Refetch::unchanged);
        if (auto kept = freshen_stored(worker_, *job_, verdict, std::move(merged))) fresh = std::move(kept);
        stored_again = true;
      }
    }
  }
  count_prefetch(metrics::Prefetch::unchanged);
  Outcome confirmed;
  confirmed.kind = Kind::entry;
  confirmed.entry = fresh;
  confirmed.status = 304;
  confirmed.cache_status.forward = job_->context->forward;
  confirmed.cache_status.forward_status = 304;
  confirmed.cache_status.stored = stored_again;
  confirmed.tls = outcome_.tls;
  confirmed.varies_by = job_->context->variant.varies_by;
  caching::append_variant(confirmed.variant, confirmed.varies_by, job_->context->head().fields);
  land();
  shared_fetch_.decide(std::move(confirmed));
  shared_fetch_.finish();
}

/// A HEAD's answer tells whether the stored answer to GET still holds (RFC 9111 4.3.5).
void Fetch::take_head_answer(const Asked& asked) {
  const auto& entry = job_->context->entry;
  if (!entry || asked.head.status != 200 || job_->context->disposition == pipeline::Disposition::pass) return;
  http::ResponseHead stored;
  if (!http::parse_stored_head(entry->head(), stored)) return;
  if (caching::contradicts(asked.head, stored)) {
    worker_.shared.store.erase(entry->id(), entry->identity());
    return;
  }
  auto merged = caching::merged_head(stored, asked.head, timing_.response_time);
  http::ResponseHead merged_parsed;
  if (!http::parse_stored_head(merged, merged_parsed)) return;
  auto policy = this->policy();
  apply_content(rule(), stored, entry->body(), policy);
  const auto verdict = caching::may_freshen(job_->context->request.head, merged_parsed, asked.head, policy, timing_);
  if (verdict.storable()) freshen_stored(worker_, *job_, verdict, std::move(merged));
}

}  // namespace cachearr::fetch
