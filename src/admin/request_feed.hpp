// Who listens to the requests of all workers as they end, and what is told them. Listeners pull: the workers only write
// their journals, whether anybody listens or not. What was pulled is formatted once for all of them.
//
// Owned by Api; touched on the admin loop alone, but for tell(). Streams end before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "admin/call.hpp"
#include "admin/instance.hpp"
#include "admin/request_filter.hpp"
#include "client/request_reader.hpp"

namespace cachearr::admin {

class RequestFeed {
 public:
  static constexpr std::size_t kMostListeners = 64;
  static constexpr std::size_t kMostKept = client::RequestReader::kMost;
  static constexpr std::chrono::seconds kHeartbeat{15};

  explicit RequestFeed(Instance& instance);
  ~RequestFeed();

  /// What a listener gets from now on, or from behind the request `after` on where that is still known. Null: too many
  /// listen.
  std::shared_ptr<AnswerStream> listen(RequestFilter filter, std::optional<std::uint64_t> after);
  /// What has come about an upstream other than a request: told to who listens to all of it, and not kept for others.
  /// Any thread.
  void tell(std::string_view event, std::string upstream, std::string json);

 private:
  static constexpr std::size_t kMostNotices = 64;
  class Listener;
  struct Told {
    client::RecordedRequest request;
    std::uint64_t number = 0;  // in the order of all requests, those that were lost included
    std::string json;          // empty until somebody wants it
  };
  struct Notice {
    std::uint64_t number;
    std::string event, upstream, json;
  };
  /// Where a listener goes on.
  struct Position {
    std::uint64_t next = 0;        // the number of the request that it has not seen
    bool has_missed_some = false;  // between its last one and `next`, nobody knows how many
  };

  void refresh();
  Position position_behind(std::uint64_t id) const;
  static const std::string& json_of(Told& told);
  /// Those from `next` on that the filter lets through, as events; `next` is behind them then.
  void append_notices(std::string& out, const RequestFilter& filter, std::uint64_t& next) const;
  std::uint64_t next_notice() const;

  Instance& instance_;
  std::size_t listeners_ = 0;
  std::unique_ptr<client::RequestReader> reader_;  // null while nobody listens
  std::deque<Told> told_;                          // at most kMostKept
  std::uint64_t end_ = 0;                          // the number of the next one

  mutable std::mutex mutex_;       // guards the two below
  std::deque<Notice> notices_;     // at most kMostNotices
  std::uint64_t notices_end_ = 0;  // the number of the next one
};

}  // namespace cachearr::admin
