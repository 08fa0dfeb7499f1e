// One client's way to its answer: delivery.cpp finds out which answer that is, delivery_send.cpp sends it. Private to
// deliver(); lives in its frame, on the session's worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "client/body_writer.hpp"
#include "client/content_coder.hpp"
#include "client/delivery.hpp"
#include "client/replies.hpp"
#include "fetch/fetch_job.hpp"

namespace cachearr::client {

/// One client's way through one or, rarely, two fetches.
class Delivery {
 public:
  Delivery(Exchange& exchange, std::shared_ptr<fetch::FetchJob> job)
      : exchange_{exchange}, worker_{exchange.worker()}, job_{std::move(job)} {}
  net::Task<Next> run();

 private:
  net::Task<Next> answer();
  bool may_collapse() const;
  void join();
  net::Task<bool> send_interim(const std::string& head);
  net::Task<Next> send_outcome(fetch::FetchReader& reader, const fetch::FetchOutcome& outcome);
  net::Task<Next> send_answer(fetch::FetchReader& reader, const fetch::FetchOutcome& outcome);
  net::Task<bool> send_body(fetch::FetchReader& reader, const fetch::FetchOutcome& outcome, BodyWriter& body,
                            const http::CacheStatus& cache);
  net::Task<Next> send_entry(const fetch::FetchOutcome& outcome);
  net::Task<Next> send_failure(const fetch::FetchOutcome& outcome);
  net::Task<Next> go_over(const fetch::FetchOutcome& outcome);
  net::Task<Next> refuse_unfit();
  net::Task<Next> refuse_to_ask();
  net::Task<Next> serve_found(const Fitting& fitting);
  net::Task<Next> send_stored(const store::EntryPtr& entry, const Fitting& fitting, const http::CacheStatus& cache,
                              metrics::RequestResult result);
  net::Task<Next> send_in_steps(const store::EntryPtr& entry, const Fitting& fitting, const http::CacheStatus& cache,
                                metrics::RequestResult result);
  /// Whether an answer is none for this client, and how another one may be had.
  enum class Again : std::uint8_t { no, in_own_codings, past_the_store };
  Again must_ask_again(const fetch::FetchOutcome& outcome);
  void ask_again(Again how);
  std::string coding_to_undo(const fetch::FetchOutcome& outcome) const;
  bool is_for_us(const fetch::FetchOutcome& outcome);
  bool keep_alive() const;
  ReplyConnection connection(bool keep) const {
    return {keep, job_->context->head().minor_version == 0, &job_->context->route};
  }
  void take_saving(const fetch::FetchReader& reader);
  void record(metrics::RequestResult result, const http::CacheStatus& cache, std::string_view error = {});
  metrics::RequestResult result_of(const fetch::FetchOutcome& outcome) const noexcept;

  Exchange& exchange_;
  ClientContext& worker_;
  std::shared_ptr<fetch::FetchJob> job_;
  std::shared_ptr<fetch::SharedFetch> shared_fetch_;
  bool leads_ = false;
  bool sends_trailers_ = false;
  std::string_view tls_;          // spoken with the origin
  std::string_view refused_for_;  // of the outcome
  ReplySize sent_;
  std::optional<caching::FetchCost> saved_;                          // none: the upstream was asked for this request
  Duration waited_{};                                                // of the fetch, in line at the limiter
  std::optional<std::chrono::steady_clock::time_point> first_byte_;  // of an answer that goes out piece by piece
};

}  // namespace cachearr::client
