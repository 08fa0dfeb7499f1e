// One fetch at work: from the permit to the last byte of the response, as named steps (the list is in fetch.cpp).
// Private to run_fetch().
//
// Lives in the frame of run_fetch(), on the worker of its context.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "content/limit_signal.hpp"
#include "fetch/admission_permit.hpp"
#include "fetch/body_relay.hpp"
#include "fetch/exchange.hpp"
#include "fetch/fetch_job.hpp"
#include "fetch/inspection.hpp"
#include "fetch/partial_content.hpp"
#include "fetch/response_head_text.hpp"
#include "fetch/response_plan.hpp"
#include "fetch/stale.hpp"
#include "net/body_reader.hpp"

namespace cachearr::fetch {

class Fetch {
 public:
  Fetch(FetchContext& worker, std::shared_ptr<FetchJob> job);
  ~Fetch();
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;
  net::Task<> run();

 private:
  enum class Step : std::uint8_t {
    offline,
    newly_stored,
    covered,
    shared,
    admission,
    queue,
    exchange,
    response,
    upgrade,
    not_modified,
    complete,
    stand_in,
    read_refusal,
    plan,
    relay_buffered,
    relay,
    inspect,
    inspect_on,
    judge,
    store,
    publish,
    release,
    end,
    done
  };
  /// Whose conditions went along with the request.
  enum class Conditions : std::uint8_t { none, ours, of_client, for_rest };
  using Piece = net::BodyReader::Piece;

  // The steps; each returns the next one. fetch.cpp:
  Step run_step(Step step);
  Step check_offline();
  Step check_newly_stored();
  Step check_covered();
  net::Task<Step> ask_shared();
  Step try_admission();
  Step after_queue(const std::optional<Rejection>& rejection);
  std::string conditional_lines();
  Step after_exchange(Result<UpstreamResponse, UpstreamError> response);
  Step choose_by_status();
  Step hand_over();
  void end_permit();
  Step end_exchange();
  // fetch_response.cpp:
  Step confirm_stored();
  Step complete_stored();
  Step try_stand_in();
  net::Task<> read_refusal();
  Step plan();
  Step relay_buffered();
  net::Task<Step> relay();
  // fetch_store.cpp:
  Step inspect();
  net::Task<> inspect_on();
  Step judge();
  void keep_refusal(std::string text);
  Step store();
  Step publish();
  Step release();

  // What steps are made of.
  bool serve_stale(const Trouble& trouble, int origin_status);
  void serve_hit(FetchOutcome outcome);
  void fail(const UpstreamError& error);
  void reject(const Rejection& rejection);
  bool repeat_refusal(const Rejection& rejection);
  void ask_again_unconditionally();
  void observe_head();
  void observe(const content::LimitSignal& signal);
  bool observes_limits() const noexcept;
  void update_by_head();
  void prepare_outcome();
  void tell_limit(const http::ResponseHead& head);
  std::shared_ptr<net::Stream*> end_when_abandoned();
  void take_piece(std::string_view data);
  std::uint64_t received_bytes() const noexcept;
  void count_received();
  Step after_body(const Piece& last);
  Step after_broken_body();
  void show();
  void leave_table();
  void consume_head();
  void keep_connection();
  std::size_t idle_at_most() const;
  void count_prefetch(metrics::Prefetch result);

  bool is_offline() const noexcept;
  Step serve_offline();
  const pipeline::RequestContext& context() const noexcept { return *job_->context; }
  const http::RequestHead& request() const noexcept { return job_->head(); }
  const pipeline::Settings& settings() const noexcept { return job_->settings(); }
  const rules::Rule* rule() const noexcept { return context().verdict.rule; }
  const rules::Upstream* upstream() const noexcept { return context().verdict.upstream; }
  /// Empty: the rules name none.
  std::string upstream_name() const { return upstream() ? upstream()->name : std::string{}; }
  std::uint32_t most_retries() const noexcept { return upstream() ? upstream()->retries : 1; }
  const std::string& host() const noexcept { return context().route.target.host; }

  FetchContext& worker_;
  std::shared_ptr<FetchJob> job_;
  SharedFetch& shared_fetch_;
  AdmissionPermit permit_;
  Conditions conditions_ = Conditions::none;
  bool unconditional_ = false;              // a 304 or a part did not fit what is stored: ask for the whole response
  std::unique_ptr<Completion> completion_;  // what is stored is a part, and the rest is asked for
  // Of the response under way:
  std::optional<UpstreamResponse> response_;
  limit::Outcome origin_said_ = limit::Outcome::answered;
  ResponsePlan plan_;
  http::Owned<http::ResponseHead> head_;  // where the body is inspected
  ResponseHeadText text_;
  FetchOutcome outcome_;
  std::optional<net::BodyReader> reader_;
  std::string connection_options_;  // Connection of a chunked response
  BodyRelay relay_;
  std::vector<std::string_view> pieces_;  // of the body that is inspected
  std::optional<BodyInspection> inspection_;
  std::uint32_t retries_ = 0;
  bool asked_ = false;    // a request went to the origin, or was to go
  bool visible_ = false;  // the outcome is decided
  store::EntryPtr stored_;
  store::FetchClaim claim_;  // other instances wait for this fetch
};

}  // namespace cachearr::fetch
