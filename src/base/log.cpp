#include "base/log.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/text.hpp"

namespace cachearr::log {

namespace {

using SystemTime = std::chrono::system_clock::time_point;

constexpr std::size_t kMaxPending = 8U * 1024U * 1024U;
/// So much goes into a pipe that poll calls writable without a wait.
constexpr std::size_t kPiece = 4096;
/// How long a reader that takes nothing holds up the end of the program, and one line written without the thread.
constexpr std::chrono::milliseconds kPatience{1000};

struct Names {
  std::string_view shown;
  std::string_view configured;
};
constexpr std::array<Names, 6> kNames{{{"Trace", "trace"},
                                       {"Debug", "debug"},
                                       {"Info", "info"},
                                       {"Warn", "warning"},
                                       {"Error", "error"},
                                       {"Off", "off"}}};

const Names& names_of(Level level) noexcept { return kNames[static_cast<std::size_t>(level)]; }

/// Until when it is worth to wait for a slow reader: for ever, until somebody says when.
class Patience {
 public:
  using Clock = std::chrono::steady_clock;

  void end_soon() noexcept { deadline_ = Clock::now() + kPatience; }
  /// For poll: no longer than kPatience at once, nothing behind the deadline.
  int milliseconds_left() const noexcept {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_.load() - Clock::now());
    return static_cast<int>(std::clamp(left, std::chrono::milliseconds{0}, kPatience).count());
  }
  bool ended() const noexcept { return Clock::now() >= deadline_.load(); }

 private:
  std::atomic<Clock::time_point> deadline_{Clock::time_point::max()};
};

/// Writes everything while there is patience. A closed or full sink costs lines, never the program.
void write_all(std::string_view bytes, const Patience& patience) noexcept {
  while (!bytes.empty()) {
    pollfd sink{STDERR_FILENO, POLLOUT, 0};
    const int ready = ::poll(&sink, 1, patience.milliseconds_left());
    if (ready == 0 && patience.ended()) return;
    if (ready <= 0) continue;
    const auto written = ::write(STDERR_FILENO, bytes.data(), std::min(bytes.size(), kPiece));
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    if (written == 0 || (written < 0 && errno != EINTR && errno != EAGAIN)) return;
  }
}

/// Lines come formatted, and from one thread only.
class StandardError final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit StandardError(const Patience& patience) : patience_{patience} {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write_all({message.payload.data(), message.payload.size()}, patience_);
  }
  void flush_() override {}
  const Patience& patience_;
};

/// Nobody can forge a second line: control characters are shown as escapes.
void append_visible(std::string& out, std::string_view message) {
  constexpr std::string_view hex = "0123456789abcdef";
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      out += c;
    } else {
      out += "\\x";
      out += hex[byte >> 4U];
      out += hex[byte & 15U];
    }
  }
}

std::string time_text(SystemTime at, bool utc) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count() % 1000;
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  utc ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts);
  std::array<char, 32> buffer{};
  const auto length =
      std::strftime(buffer.data(), buffer.size(), utc ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &parts);
  std::string text{buffer.data(), length};
  text += '.';
  for (long divisor = 100; divisor != 0; divisor /= 10) text += static_cast<char>('0' + milliseconds / divisor % 10);
  if (utc) text += 'Z';
  return text;
}

std::string format(SystemTime at, Level level, std::string_view message, bool as_json) {
  std::string line;
  if (!as_json) {
    line = time_text(at, false);
    line += '|';
    line += names_of(level).shown;
    line += '|';
    append_visible(line, message);
    line += '\n';
    return line;
  }
  line = R"({"time":")" + time_text(at, true) + R"(","level":")";
  line += names_of(level).configured;
  line += R"(","message":)";
  text::append_json_string(line, message);
  line += "}\n";
  return line;
}

std::uint64_t count_lines(std::string_view text) noexcept {
  std::uint64_t lines = 0;
  for (const char c : text) lines += c == '\n' ? 1U : 0U;
  return lines;
}

/// One thread that writes what others queue. `mutex_` guards `pending_`, `pending_bytes_` and `stopping_`.
class Writer {
 public:
  Writer() : thread_{[this] { run(); }} {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
      patience_.end_soon();
    }
    wake_.notify_one();
    thread_.join();
  }

  /// Takes it; false, and it stays, where the sink is too far behind.
  bool push(std::string& text) {
    {
      const std::lock_guard lock{mutex_};
      if (pending_bytes_ + text.size() > kMaxPending) return false;
      pending_bytes_ += text.size();
      pending_.push_back(std::move(text));
    }
    wake_.notify_one();
    return true;
  }

 private:
  void run() {
    // A reader that went away must not end the process.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::vector<std::string> batch;
    while (take(batch)) {
      std::size_t bytes = 0;
      for (const auto& text : batch) {
        logger_.log(spdlog::level::critical, spdlog::string_view_t{text.data(), text.size()});
        bytes += text.size();
      }
      batch.clear();
      const std::lock_guard lock{mutex_};
      pending_bytes_ -= bytes;
    }
  }

  /// Waits for something to write; false once there is nothing left and the writer is to stop.
  bool take(std::vector<std::string>& batch) {
    std::unique_lock lock{mutex_};
    wake_.wait(lock, [this] { return stopping_ || !pending_.empty(); });
    batch.swap(pending_);
    return !batch.empty();
  }

  Patience patience_;
  spdlog::logger logger_{"", std::make_shared<StandardError>(patience_)};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::string> pending_;
  std::size_t pending_bytes_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

std::atomic<Level> current_level{Level::info};
std::atomic<bool> as_json_lines{false};
std::atomic<std::uint64_t> dropped{0};
/// Guards the pointer, not what it points to: writers keep a share of their own.
std::mutex writer_mutex;
std::shared_ptr<Writer> writer;

std::shared_ptr<Writer> current_writer() {
  const std::lock_guard lock{writer_mutex};
  return writer;
}

void hand_over(std::string text) {
  const auto to = current_writer();
  if (!to) {
    Patience short_one;
    short_one.end_soon();
    write_all(text, short_one);
    return;
  }
  if (!to->push(text)) dropped += count_lines(text);
}

/// A closed descriptor 2 would be given to the next socket, and the log written to a client.
void occupy_standard_error() noexcept {
  if (::fcntl(STDERR_FILENO, F_GETFD) != -1) return;
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null == -1 || null == STDERR_FILENO) return;
  ::dup2(null, STDERR_FILENO);
  ::close(null);
}

}  // namespace

void start(Level level, bool json) {
  occupy_standard_error();
  current_level = level;
  as_json_lines = json;
  const std::lock_guard lock{writer_mutex};
  if (!writer) writer = std::make_shared<Writer>();
}

void set_level(Level level) noexcept { current_level = level; }

void stop() {
  std::shared_ptr<Writer> last;
  const std::lock_guard lock{writer_mutex};
  last.swap(writer);
}

Level level_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (text::iequals(name, kNames[i].configured) || text::iequals(name, kNames[i].shown)) return static_cast<Level>(i);
  }
  return Level::info;
}

bool enabled(Level level) noexcept {
  return level != Level::off && level >= current_level.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view message) {
  if (!enabled(level)) return;
  hand_over(format(std::chrono::system_clock::now(), level, message, json()));
}

bool json() noexcept { return as_json_lines.load(std::memory_order_relaxed); }

void write_lines(std::string&& lines) {
  if (!lines.empty()) hand_over(std::move(lines));
}

std::uint64_t dropped_lines() noexcept { return dropped.load(std::memory_order_relaxed); }

}  // namespace cachearr::log
