#include "base/log_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <iterator>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>
#include <utility>

#include "base/log.hpp"
#include "base/thread_name.hpp"

namespace cachearr::log {

namespace {

/// So much goes into a pipe that poll calls writable without a wait.
constexpr std::size_t kPiece = 4096;
/// How long a reader that takes nothing holds up the end of the program, and one line written without the thread.
constexpr std::int64_t kPatienceMs = 1000;
/// How long a line waits at most for sources that say nothing.
constexpr std::int64_t kLongestHoldMs = 1000;
/// How often held lines are looked at again.
constexpr std::chrono::milliseconds kLookAgain{20};

std::int64_t steady_ms() noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::atomic<std::uint64_t> dropped_lines_count{0};

/// Guards `sources`.
std::mutex sources_mutex;
std::vector<std::weak_ptr<Source>> sources;

}  // namespace

std::int64_t complete_until_ms() {
  const std::lock_guard lock{sources_mutex};
  std::int64_t slowest = INT64_MAX;
  std::erase_if(sources, [&](const std::weak_ptr<Source>& weak) {
    const auto source = weak.lock();
    if (source) slowest = std::min(slowest, source->complete_until_ms.load(std::memory_order_acquire));
    return !source;
  });
  return slowest;
}

void add_source(const std::shared_ptr<Source>& source) {
  const std::lock_guard lock{sources_mutex};
  sources.push_back(source);
}

void Patience::end_soon() noexcept { deadline_ms_ = steady_ms() + kPatienceMs; }

int Patience::milliseconds_left() const noexcept {
  const auto deadline = deadline_ms_.load();
  if (deadline == INT64_MAX) return static_cast<int>(kPatienceMs);
  return static_cast<int>(std::clamp(deadline - steady_ms(), std::int64_t{0}, kPatienceMs));
}

bool Patience::ended() const noexcept { return steady_ms() >= deadline_ms_.load(); }

std::string_view write_all(std::string_view bytes, const Patience& patience) noexcept {
  while (!bytes.empty()) {
    pollfd sink{STDERR_FILENO, POLLOUT, 0};
    const int ready = ::poll(&sink, 1, patience.milliseconds_left());
    if (ready == 0 && patience.ended()) break;
    if (ready <= 0) continue;
    const auto written = ::write(STDERR_FILENO, bytes.data(), std::min(bytes.size(), kPiece));
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    if (written == 0 || (written < 0 && errno != EINTR && errno != EAGAIN)) break;
  }
  return bytes;
}

std::uint64_t count_lines(std::string_view text) noexcept {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

Writer::Writer()
    : thread_{[this] {
        name_thread("log");
        run();
      }} {}

Writer::~Writer() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    patience_.end_soon();
  }
  wake_.notify_one();
  thread_.join();
}

std::uint64_t Writer::dropped() noexcept { return dropped_lines_count.load(std::memory_order_relaxed); }

void Writer::count_dropped(std::uint64_t lines) noexcept { dropped_lines_count += lines; }

void Writer::push(TimedLines lines) {
  {
    const std::lock_guard lock{mutex_};
    if (pending_bytes_ + lines.text.size() > kMaxPending) return count_dropped(count_lines(lines.text));
    pending_bytes_ += lines.text.size();
    arrived_.push_back({std::move(lines), steady_ms()});
  }
  wake_.notify_one();
}

void Writer::run() {
  // A reader that went away must not end the process.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  dropped_told_ = dropped();
  std::vector<Batch> arrived;
  for (bool stopping = false; !stopping;) {
    // Before the batches are taken: what a source vouches for has arrived by then.
    auto complete_until = complete_until_ms();
    if (!wait_for_work(arrived, stopping)) continue;
    if (stopping) complete_until = INT64_MAX;
    for (auto& batch : arrived) hold(std::move(batch));
    arrived.clear();
    std::stable_sort(held_.begin(), held_.end(), [](const Piece& a, const Piece& b) { return a.at_ms < b.at_ms; });
    write_out(take_due(complete_until));
  }
  tell_dropped();
}

/// False where the batches that arrived meanwhile are to be looked at in the next turn.
bool Writer::wait_for_work(std::vector<Batch>& arrived, bool& stopping) {
  std::unique_lock lock{mutex_};
  if (held_.empty() && arrived_.empty() && !stopping_) {
    wake_.wait(lock, [this] { return stopping_ || !arrived_.empty(); });
    if (!stopping_) return false;
  } else if (!held_.empty()) {
    wake_.wait_for(lock, kLookAgain, [this] { return stopping_; });
  }
  stopping = stopping_;
  arrived.swap(arrived_);
  return true;
}

void Writer::hold(Batch batch) {
  const auto text = std::make_shared<const std::string>(std::move(batch.lines.text));
  const auto& marks = batch.lines.marks;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const auto end = i + 1 < marks.size() ? marks[i + 1].offset : text->size();
    held_.push_back({marks[i].at_ms, batch.arrived_ms, text, marks[i].offset, end - marks[i].offset});
  }
}

/// The lines that no source can precede any more, and those that waited long enough.
Writer::Pieces Writer::take_due(std::int64_t complete_until) {
  const auto overdue = steady_ms() - kLongestHoldMs;
  std::size_t count = 0;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    if (held_[i].at_ms <= complete_until || held_[i].arrived_ms <= overdue) count = i + 1;
  }
  const auto end = held_.begin() + static_cast<std::ptrdiff_t>(count);
  Pieces due{std::make_move_iterator(held_.begin()), std::make_move_iterator(end)};
  held_.erase(held_.begin(), end);
  return due;
}

/// Pieces that stand behind each other in memory leave in one write.
void Writer::write_out(const Pieces& due) {
  if (due.empty()) return;
  tell_dropped();
  std::size_t bytes = 0;
  std::string_view run;
  const auto write_run = [&] {
    if (!run.empty()) count_dropped(sink_.write(run));
    bytes += run.size();
  };
  for (const auto& piece : due) {
    const auto next = piece.view();
    if (run.data() + run.size() == next.data()) {
      run = {run.data(), run.size() + next.size()};
      continue;
    }
    write_run();
    run = next;
  }
  write_run();
  const std::lock_guard lock{mutex_};
  pending_bytes_ -= bytes;
}

void Writer::tell_dropped() {
  const auto lost = dropped() - dropped_told_;
  if (lost == 0) return;
  dropped_told_ += lost;
  const auto told =
      line_of(Level::warning, std::to_string(lost) + " lines of this log were dropped: it is read too slowly");
  count_dropped(sink_.write(told));
}

}  // namespace cachearr::log
