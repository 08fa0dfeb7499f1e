#include "client/delivery.hpp"

#include <string>
#include <utility>

#include "caching/variant.hpp"
#include "client/delivery_impl.hpp"
#include "client/representation.hpp"
#include "fetch/disk_look_up.hpp"
#include "fetch/fetch_table.hpp"
#include "fetch/shared_look_up.hpp"
#include "pipeline/classify.hpp"
#include "pipeline/look_up.hpp"

namespace cachearr::client {

using http::FieldId;
using Kind = fetch::FetchOutcome::Kind;

namespace {

bool has_conditions_or_range(const http::FieldList& fields) {
  return fields.has(FieldId::if_none_match) || fields.has(FieldId::if_modified_since) ||
         fields.has(FieldId::if_match) || fields.has(FieldId::if_unmodified_since) || fields.has(FieldId::range);
}

}  // namespace

bool Delivery::keep_alive() const {
  return job_->context->framing.keep_alive && (!job_->upload || job_->upload->is_used_up());
}

bool Delivery::may_collapse() const {
  const auto& context = *job_->context;
  if (context.disposition == pipeline::Disposition::pass || job_->context->head().method != http::Method::get ||
      context.hit_for_miss || job_->upgrade)
    return false;
  return context.disposition == pipeline::Disposition::revalidate ||
         !has_conditions_or_range(job_->context->head().fields);
}

/// Takes part in the fetch of this name, or begins one.
void Delivery::join() {
  if (may_collapse()) {
    auto joined = worker_.fetch_table.join(job_->context->variant.id, job_->context->variant.identity,
                                           worker_.shared.store.generation(), worker_.loop);
    shared_fetch_ = std::move(joined.shared_fetch);
    leads_ = joined.is_new;
    job_->in_table = joined.is_new;
  } else {
    shared_fetch_ = std::make_shared<fetch::SharedFetch>(worker_.loop);
    leads_ = true;
  }
}

/// However the exchange ends, the client's stream is the session's again before this returns.
net::Task<Next> Delivery::run() {
  co_await fetch::look_on_disk(worker_, *job_->context);
  if (!may_collapse() || pipeline::may_not_ask(*job_->context))
    co_await fetch::look_in_shared_alone(worker_, *job_->context);
  if (job_->context->is_served()) {
    const auto fitting = worker_.fit(*job_->context, job_->context->entry);
    if (fitting.kind != Fitting::Kind::anew) {
      const auto next = co_await serve_found(fitting);
      co_return next;
    }
    if (job_->context->directives.only_if_cached) {
      const auto next = co_await refuse_unfit();
      co_return next;
    }
    ask_again(Again::past_the_store);
  }
  if (pipeline::may_not_ask(*job_->context)) {
    const auto next = co_await refuse_to_ask();
    co_return next;
  }
  if (job_->context->framing.body != http::Framing::Body::none)
    job_->upload =
        std::make_shared<fetch::Upload>(worker_.loop, exchange_.stream(), exchange_.inbox(), job_->context->framing);
  auto next = co_await answer();
  if (job_->upload) co_await job_->upload->end();
  if (job_->upload && !job_->upload->is_used_up()) next = Next::close;
  co_return next;
}

net::Task<Next> Delivery::answer() {
  for (;;) {
    join();
    fetch::FetchReader reader{shared_fetch_, worker_.loop};
    if (leads_) {
      job_->shared_fetch = shared_fetch_;
      worker_.loop.spawn(fetch::run_fetch(worker_, job_), "fetch");
    }
    for (;;) {
      const auto arrival = co_await reader.wait_outcome();
      if (arrival.kind == fetch::Arrival::Kind::outcome) break;
      const bool sent = co_await send_interim(arrival.interim);
      if (!sent) co_return Next::close;
    }
    const auto& outcome = reader.outcome();
    waited_ = reader.waited();
    if (!is_for_us(outcome)) continue;
    const auto again = must_ask_again(outcome);
    if (again != Again::no) {
      ask_again(again);
      continue;
    }
    const auto next = co_await send_outcome(reader, outcome);
    co_return next;
  }
}

/// A follower takes only what may be shared and what its own request selects; else it makes a request of its own.
bool Delivery::is_for_us(const fetch::FetchOutcome& outcome) {
  if (leads_) return true;
  auto& context = *job_->context;
  if (!outcome.shareable) {
    context.hit_for_miss = true;
    return false;
  }
  if (outcome.is_selected_by(context.head().fields)) return true;
  caching::name_variant(context.resource(), outcome.varies_by, context.head().fields, context.variant);
  context.entry = worker_.shared.store.find(context.variant.id, context.variant.identity);
  pipeline::decide_by_entry(context);
  if (context.is_served()) context.disposition = pipeline::Disposition::revalidate;
  return false;
}

Delivery::Again Delivery::must_ask_again(const fetch::FetchOutcome& outcome) {
  auto& context = *job_->context;
  if (outcome.kind == Kind::entry) {
    const auto fitting = worker_.fit(context, outcome.entry);
    return fitting.kind == Fitting::Kind::anew ? Again::past_the_store : Again::no;
  }
  if (outcome.kind != Kind::answer || !job_->negotiates()) return Again::no;
  if (!outcome.is_coded && outcome.status != 406) return Again::no;
  const auto& request = context.head();
  if (outcome.status == 406 && !outcome.is_limit) {
    const bool same = request.fields.joined(FieldId::accept_encoding) == content::kOurAcceptEncoding;
    return same ? Again::no : Again::in_own_codings;
  }
  http::ResponseHead head;
  if (!http::parse_stored_head(outcome.head, head) || judge_coding(head, request) != Delivered::anew) return Again::no;
  // An origin that sends what nobody asked for would send it again.
  const bool insists = leads_ && !content::is_readable(head.fields.joined(FieldId::content_encoding));
  return insists ? Again::no : Again::past_the_store;
}

/// By a request of this client's own, with its own Accept-Encoding, that nobody joins. The answer to the first one may
/// still be on its way into the store.
void Delivery::ask_again(Again how) {
  auto job = std::make_shared<fetch::FetchJob>();
  job->context = worker_.contexts.take(job_->context->snapshot);
  *job->context = *job_->context;
  job->client = job_->client;
  job->surrogate = job_->surrogate;
  job->max_forwards = job_->max_forwards;
  job->own_codings = true;
  auto& context = *job->context;
  context.entry = {};
  context.stale.reset();
  context.refresh = false;
  context.hit_for_miss = true;
  context.detail = {};
  context.disposition = pipeline::Disposition::fetch;
  if (how == Again::past_the_store) {
    context.disposition = pipeline::Disposition::pass;
    context.forward = http::Forward::vary_miss;
  }
  job_ = std::move(job);
}

net::Task<Next> deliver(Exchange& exchange, std::shared_ptr<fetch::FetchJob> job) {
  Delivery delivery{exchange, std::move(job)};
  co_return co_await delivery.run();
}

}  // namespace cachearr::client
