#include "admin/request_feed.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "admin/recorded_json.hpp"

namespace cachearr::admin {

namespace {

constexpr std::size_t kMostAtOnce = 64 * 1024;
/// Browsers come back after so many milliseconds, where the connection ends.
constexpr std::string_view kOpening = "retry: 1000\n\n";
constexpr std::string_view kStillHere = ": still here\n\n";

void append_dropped(std::string& out, std::optional<std::uint64_t> requests) {
  const nlohmann::json data{{"requests", requests ? nlohmann::json(*requests) : nlohmann::json(nullptr)}};
  out.append("event: dropped\ndata: ").append(data.dump()).append("\n\n");
}

}  // namespace

/// One who listens; counted while it lives.
class RequestFeed::Listener final : public AnswerStream {
 public:
  Listener(RequestFeed& feed, RequestFilter filter, Position from)
      : feed_{feed},
        filter_{std::move(filter)},
        position_{from},
        next_notice_{feed.next_notice()},
        told_at_{feed.instance_.clock().now()} {}
  ~Listener() override {
    if (--feed_.listeners_ > 0) return;
    feed_.reader_.reset();
    feed_.told_.clear();
    feed_.end_ = 0;
  }

  bool pull(std::string& out) override {
    if (!std::exchange(opened_, true)) out += kOpening;
    if (std::exchange(position_.has_missed_some, false)) append_dropped(out, std::nullopt);
    feed_.refresh();
    append_requests(out);
    feed_.append_notices(out, filter_, next_notice_);
    const auto now = feed_.instance_.clock().now();
    if (out.empty() && now - told_at_ >= kHeartbeat) out += kStillHere;
    if (!out.empty()) told_at_ = now;
    return out.size() >= kMostAtOnce;
  }

 private:
  void append_requests(std::string& out) {
    auto& told = feed_.told_;
    auto at = std::lower_bound(told.begin(), told.end(), position_.next,
                               [](const Told& each, std::uint64_t number) { return each.number < number; });
    for (; at != told.end() && out.size() < kMostAtOnce; ++at) {
      if (at->number > position_.next) append_dropped(out, at->number - position_.next);
      position_.next = at->number + 1;
      if (matches(filter_, at->request)) append_request(out, *at);
    }
  }
  static void append_request(std::string& out, Told& told) {
    out.append("id: ").append(std::to_string(told.request.facts.id)).append("\nevent: request\ndata: ");
    out.append(json_of(told)).append("\n\n");
  }

  RequestFeed& feed_;
  RequestFilter filter_;
  Position position_;
  std::uint64_t next_notice_;
  TimePoint told_at_;
  bool opened_ = false;
};

RequestFeed::RequestFeed(Instance& instance) : instance_{instance} {}
RequestFeed::~RequestFeed() = default;

const std::string& RequestFeed::json_of(Told& told) {
  if (told.json.empty())
    told.json = recorded_json(told.request).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return told.json;
}

void RequestFeed::refresh() {
  auto batch = reader_->read();
  end_ += batch.lost;
  for (auto& request : batch.requests) told_.push_back({std::move(request), end_++, {}});
  while (told_.size() > kMostKept) told_.pop_front();
}

void RequestFeed::tell(std::string_view event, std::string upstream, std::string json) {
  const std::lock_guard lock{mutex_};
  notices_.push_back({notices_end_++, std::string{event}, std::move(upstream), std::move(json)});
  while (notices_.size() > kMostNotices) notices_.pop_front();
}

std::uint64_t RequestFeed::next_notice() const {
  const std::lock_guard lock{mutex_};
  return notices_end_;
}

void RequestFeed::append_notices(std::string& out, const RequestFilter& filter, std::uint64_t& next) const {
  const std::lock_guard lock{mutex_};
  const bool wants_requests = filter.result || !filter.client.empty() || !filter.text.empty();
  for (const auto& notice : notices_) {
    const bool wanted = !wants_requests && (filter.upstream.empty() || filter.upstream == notice.upstream);
    if (notice.number >= next && wanted)
      out.append("event: ").append(notice.event).append("\ndata: ").append(notice.json).append("\n\n");
  }
  next = notices_end_;
}

RequestFeed::Position RequestFeed::position_behind(std::uint64_t id) const {
  const auto behind = std::upper_bound(told_.begin(), told_.end(), id, [](std::uint64_t value, const Told& each) {
    return value < each.request.facts.id;
  });
  const bool is_from_later = id > client::RequestJournal::id_at(std::chrono::steady_clock::now());
  if (told_.empty() || (behind == told_.end() && !is_from_later)) return {end_};
  // Where the clock was set back, ids of an earlier run are ahead of ours: all that is there is news.
  if (is_from_later) return {told_.front().number};
  if (behind != told_.begin()) return {std::prev(behind)->number + 1};
  return {behind->number, behind->number > 0};
}

std::shared_ptr<AnswerStream> RequestFeed::listen(RequestFilter filter, std::optional<std::uint64_t> after) {
  if (listeners_ >= kMostListeners) return nullptr;
  if (!reader_) reader_ = std::make_unique<client::RequestReader>(instance_.proxy().journals());
  refresh();
  ++listeners_;
  return std::make_shared<Listener>(*this, std::move(filter), after ? position_behind(*after) : Position{end_});
}

}  // namespace cachearr::admin
