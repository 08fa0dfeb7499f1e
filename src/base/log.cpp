#include "base/log.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <unistd.h>
#include <vector>

#include "base/log_tail.hpp"
#include "base/log_writer.hpp"
#include "base/text.hpp"

namespace cachearr::log {

namespace {

using SystemTime = std::chrono::system_clock::time_point;

/// A line may bear a time that is rounded down, and be appended a moment later.
constexpr std::int64_t kSkewMs = 5;

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

std::atomic<Level> current_level{Level::info};
std::atomic<bool> as_json_lines{false};
/// Guards the pointer, not what it points to: writers keep a share of their own.
std::mutex writer_mutex;
std::shared_ptr<Writer> writer;

std::shared_ptr<Writer> current_writer() {
  const std::lock_guard lock{writer_mutex};
  return writer;
}

/// The order of lines follows the clock that never runs backwards, whatever becomes of the machine's.
const SystemClock order_clock;
std::int64_t now_ms() noexcept { return order_clock.now().time_since_epoch().count(); }

void hand_over(TimedLines lines) {
  if (const auto to = current_writer()) return to->push(std::move(lines));
  Patience short_one;
  short_one.end_soon();
  Writer::count_dropped(count_lines(write_all(lines.text, short_one)));
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

std::string_view name_of(Level level) noexcept { return names_of(level).configured; }

bool enabled(Level level) noexcept {
  return level != Level::off && level >= current_level.load(std::memory_order_relaxed);
}

std::string line_of(Level level, std::string_view message) {
  return format(std::chrono::system_clock::now(), level, message, json());
}

void write(Level level, std::string_view message) {
  if (!enabled(level)) return;
  keep_line(order_clock.now(), level, message);
  hand_over({line_of(level, message), {{now_ms(), 0}}});
}

bool json() noexcept { return as_json_lines.load(std::memory_order_relaxed); }

std::uint64_t dropped_lines() noexcept { return Writer::dropped(); }

LineBatch::LineBatch() : source_{std::make_shared<Source>()} {
  source_->complete_until_ms = now_ms() - kSkewMs;
  add_source(source_);
}

LineBatch::~LineBatch() = default;

void LineBatch::flush() {
  const auto now = now_ms();
  if (!text_.empty()) {
    TimedLines lines;
    lines.text.reserve(text_.capacity());
    lines.text.swap(text_);
    lines.marks.reserve(marks_.size());
    lines.marks.swap(marks_);
    hand_over(std::move(lines));
  }
  source_->complete_until_ms.store(now - kSkewMs, std::memory_order_release);
}

}  // namespace cachearr::log
