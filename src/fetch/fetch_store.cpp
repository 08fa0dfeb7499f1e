// The steps of a fetch that look at a whole response, judge it, store it, and hand it out.
#include <utility>

#include "base/text.hpp"
#include "content/limit_body.hpp"
#include "fetch/cache_writer.hpp"
#include "fetch/fetch.hpp"
#include "fetch/inspection.hpp"
#include "fetch/lifetime.hpp"
#include "http/trailers.hpp"
#include "net/event.hpp"

namespace cachearr::fetch {

using http::FieldId;
using metrics::StaleReason;

namespace {
constexpr std::size_t kLengthLine = 40;  // "Content-Length: ", the longest number, CRLF
}

Fetch::Step Fetch::inspect() {
  const auto& fields = head_.head.fields;
  pieces_ = shared_fetch_.pieces();
  const InspectedBody body{head_.head.status, fields.value(FieldId::content_type),
                           fields.value(FieldId::content_encoding), pieces_, worker_.now()};
  inspection_.emplace(body, context().verdict);
  return inspection_->advance() ? Step::inspect_on : Step::judge;
}

net::Task<> Fetch::inspect_on() {
  do {
    co_await net::let_others_go(worker_.loop);
  } while (inspection_->advance());
}

/// The origin's words, for those who ask during the pause. Clients of an indexer throw on anything but its XML.
void Fetch::keep_refusal(std::string text) {
  if (!worker_.admission) return;
  std::string type{head_.head.fields.value(FieldId::content_type)};
  const auto limiter = limiter_key_of(context());
  if (upstream() && upstream()->errors == rules::ErrorStyle::newznab) {
    if (!content::is_newznab_error(text))
      return worker_.admission->forget_refusal(limiter.upstream, limiter.credential);
    if (type.find("xml") == std::string::npos) type = "application/xml";
  }
  worker_.admission->keep_refusal(limiter.upstream, limiter.credential, {std::move(type), std::move(text)});
}

/// What is no answer is not stored, and what is stored stands in for it.
Fetch::Step Fetch::judge() {
  auto found = inspection_->end(worker_.now());
  inspection_.reset();
  observe(found.signal);
  if (found.kind == Inspection::Kind::limit) keep_refusal(std::move(found.text));
  job_->entities = std::move(found.entities);
  const bool limited = origin_said_ == limit::Outcome::limited;
  const bool refused = limited || found.kind == Inspection::Kind::no_answer;
  if (found.kind == Inspection::Kind::no_answer) worker_.cells.upstream_refused(upstream_name());
  if (refused) {
    relay_.give_up_storing();
    outcome_.refused = outcome_.shareable = true;
    outcome_.is_limit = limited;
    outcome_.refused_for = limited ? std::move(found.signal.why) : std::move(found.why);
    outcome_.undecodable = found.undecodable;
    outcome_.cache_status.stored = false;
    outcome_.cache_status.detail =
        limited ? name_of(StaleReason::limited) : caching::detail_of(caching::Reason::refused);
    const auto reason = limited ? StaleReason::limited : StaleReason::refused;
    if (!visible_ && serve_stale({reason}, outcome_.status)) return Step::release;
  } else if (found.ttl && is_stored(relay_.mode())) {
    auto policy = policy_of(context(), response_->timing.request_time);
    policy.ttl = ttl_in_force(context(), *found.ttl);
    plan_.verdict = caching::may_store(request(), head_.head, policy, response_->timing);
    if (plan_.verdict.source == caching::LifetimeSource::rule)
      plan_.verdict.source = caching::LifetimeSource::rule_body;
    if (!plan_.verdict.storable()) {  // "ttl": 0 says that such an answer is not to be kept
      relay_.give_up_storing();
      outcome_.cache_status.stored = false;
    }
  }
  if (!visible_ && limited) tell_limit(head_.head);
  return is_stored(relay_.mode()) ? Step::store : Step::publish;
}

Fetch::Step Fetch::store() {
  const auto pieces = shared_fetch_.pieces();
  if (plan_.part) {
    store_part(worker_, *job_, plan_, text_, pieces);
    return Step::publish;
  }
  ResponseHeadText head{{}, text_.etag_at, text_.etag_size};
  head.text.reserve(text_.text.size() + kLengthLine);
  head.text = text_.text;
  if (outcome_.status != 204 && outcome_.status != 304) {
    head.text += "Content-Length: ";
    text::append_number(head.text, static_cast<std::int64_t>(relay_.bytes()));
    head.text += "\r\n";
  }
  const auto outcome = compare_bodies(context().entry, pieces);
  learn_lifetime(rule(), context().entry, outcome, plan_.verdict);
  count_prefetch(outcome == limit::Refetch::changed ? metrics::Prefetch::changed : metrics::Prefetch::unchanged);
  stored_ = store_response(worker_, *job_, plan_.verdict, head, plan_.selecting, pieces);
  if (stored_) note_stored(worker_, *job_, *stored_, response_->timing);
  return Step::publish;
}

Fetch::Step Fetch::publish() {
  leave_table();
  shared_fetch_.arrived(job_->cost, std::move(stored_));
  show();
  shared_fetch_.finish(http::passable_trailers(reader_->trailers(), connection_options_));
  return Step::release;
}

Fetch::Step Fetch::release() {
  keep_connection();
  return Step::end;
}

}  // namespace cachearr::fetch
