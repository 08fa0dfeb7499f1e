// One leader at work: from its turn at the origin to the last byte of the answer. Private to fetch().
//
// Lives in the frame of fetch(), on the worker of its desk.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "caching/storing.hpp"
#include "caching/vary.hpp"
#include "content/answer.hpp"
#include "fetch/admission_permit.hpp"
#include "fetch/answer_head.hpp"
#include "fetch/exchange.hpp"
#include "fetch/fetch_job.hpp"
#include "limit/ttl.hpp"

namespace cachearr::fetch {

/// Answers that a stored one may stand in for (RFC 5861 4).
inline bool is_server_error(int status) noexcept {
  return status == 500 || status == 502 || status == 503 || status == 504;
}

class Fetch {
 public:
  Fetch(FetchContext& worker, std::shared_ptr<FetchJob> job)
      : worker_{worker},
        job_{std::move(job)},
        shared_fetch_{*job_->shared_fetch},
        permit_{worker.admission, worker.loop} {}
  ~Fetch();
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;
  net::Task<> run();

 private:
  bool may_serve_stale(metrics::StaleReason reason) const;
  bool serve_stale(metrics::StaleReason reason, int origin_status);
  bool serve_newly_stored();
  bool asked_conditionally() const;
  caching::Policy policy() const;
  void fail(const UpstreamError& failure);
  bool is_offline() const noexcept;
  void stay_offline();
  void deny(const Rejection& denial);
  bool repeat_refusal(const Rejection& denial);
  std::string validators() const;
  limit::Outcome judgement() const noexcept;
  net::Task<> take(Asked& asked);
  void take_not_modified(const Asked& asked);
  void take_head_answer(const Asked& asked);
  net::Task<> take_body(Asked& asked);
  bool keeps_pauses() const noexcept;
  void look_at_limits(const Asked& asked);
  net::Task<> look_at_refusal(Asked& asked);
  void judge(const Asked& asked);
  void hold_back(const Asked& asked);
  bool request_answers_get(const Asked& asked);
  /// What the whole body says of the answer.
  enum class Worth : std::uint8_t { good, refused, limited };
  Worth judge_whole_body();
  content::Question question(std::string_view content_type, std::string_view body) const;
  Worth judge_kind(const content::Inspection& found, std::string_view type, std::string_view body);
  Worth judge_by_rule(const content::Inspection& found);
  Worth refuse(Worth worth);
  void tell_limit(const http::ResponseHead& head);
  void publish();
  net::Task<bool> pump(Asked& asked);
  void store_whole();
  void settle_lifetime(caching::StoreVerdict& verdict, limit::Refetch outcome) const;
  limit::Refetch compare_with_stored() const;
  void count_prefetch(metrics::Prefetch result);
  void land();
  void release(Asked& asked, bool whole);
  std::size_t idle_at_most() const;
  std::uint64_t max_object() const noexcept {
    return job_->context->snapshot->settings->config.limits.max_object_bytes;
  }
  const rules::Rule* rule() const noexcept { return job_->context->verdict.rule; }
  const rules::Upstream* upstream() const noexcept { return job_->context->verdict.upstream; }

  FetchContext& worker_;
  std::shared_ptr<FetchJob> job_;
  SharedFetch& shared_fetch_;
  AdmissionPermit permit_;
  bool validating_ = false;
  bool limited_ = false;  // the origin has said that it is enough
  bool broken_ = false;   // it has answered that it cannot
  // Of the answer under way:
  http::Owned<http::ResponseHead> head_;
  caching::Timing timing_;
  AnswerHead answer_;
  caching::StoreVerdict verdict_;
  caching::Selecting selecting_;
  Outcome outcome_;
  bool keep_ = false;             // the body is being stored
  bool examine_ = false;          // the whole body is looked at before it is stored
  bool held_ = false;             // nothing is shown before that
  std::uint64_t hold_up_to_ = 0;  // bytes; a longer body is shown as it comes
};

}  // namespace cachearr::fetch
