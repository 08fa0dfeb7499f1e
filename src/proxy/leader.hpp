// One leader at work: from asking the origin to the last byte of its answer. Private to fetch().
//
// Lives in the frame of fetch(), on the worker of its desk.
#pragma once

#include <memory>
#include <string>

#include "caching/storing.hpp"
#include "caching/vary.hpp"
#include "proxy/answer_head.hpp"
#include "proxy/ask.hpp"
#include "proxy/fetch.hpp"

namespace cachearr::proxy {

/// Answers that a stored one may stand in for (RFC 5861 4).
inline bool is_server_error(int status) noexcept {
  return status == 500 || status == 502 || status == 503 || status == 504;
}

class Leader {
 public:
  Leader(Desk& desk, std::shared_ptr<FetchJob> job) : desk_{desk}, job_{std::move(job)}, flight_{*job_->flight} {}
  ~Leader();
  Leader(const Leader&) = delete;
  Leader& operator=(const Leader&) = delete;
  net::Task<> run();

 private:
  bool serve_stale(StaleReason reason, int origin_status);
  bool asked_conditionally() const;
  caching::Policy policy() const;
  void fail(const AskFailure& failure);
  std::string validators() const;
  net::Task<> take(Asked& asked);
  void take_not_modified(const Asked& asked);
  void take_head_answer(const Asked& asked);
  net::Task<> take_body(Asked& asked);
  void judge(const Asked& asked);
  bool request_answers_get(const Asked& asked);
  bool judge_whole_body();
  void publish();
  net::Task<bool> pump(Asked& asked);
  void store_whole();
  void land();
  void release(Asked& asked, bool whole);
  std::uint64_t max_object() const noexcept { return job_->regime.settings->config.limits.max_object_bytes; }
  const rules::Rule* rule() const noexcept { return job_->known.verdict.rule; }

  Desk& desk_;
  std::shared_ptr<FetchJob> job_;
  Flight& flight_;
  bool validating_ = false;
  // Of the answer under way:
  http::Owned<http::ResponseHead> head_;
  caching::Timing timing_;
  AnswerHead answer_;
  caching::StoreVerdict verdict_;
  caching::Selecting selecting_;
  Outcome outcome_;
  bool keep_ = false;  // the body is being stored
  bool held_ = false;  // nothing is shown before the whole body was looked at
};

}  // namespace cachearr::proxy
