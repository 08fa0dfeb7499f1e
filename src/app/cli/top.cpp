// The command that shows the running instance live: top.
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/cli/command.hpp"
#include "app/cli/key_request.hpp"
#include "app/cli/terminal.hpp"
#include "app/cli/top_screen.hpp"
#include "app/exit_code.hpp"
#include "base/units.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kRequests = 100;
constexpr Duration kShortest{200};
// Where the output is no terminal there is one look, of this size.
constexpr ScreenSize kOnPaper{60, 120};

struct TopArguments {
  std::string interval = "2s";
};

/// Looks at the running instance again and again; keeps what it saw last where it cannot.
class Watch {
 public:
  explicit Watch(const Invocation& invocation) : invocation_{invocation} {}

  const TopData& look() {
    data_.problem.clear();
    const auto before = data_.summary;
    const auto at = Steady::now();
    const bool seen = take("/api/v1/stats/summary", "", data_.summary) &&
                      take("/api/v1/upstreams", "upstreams", data_.upstreams) &&
                      take("/api/v1/requests?limit=" + std::to_string(kRequests), "requests", data_.requests);
    if (!seen) return data_;
    data_.per_second = rate_between(before, data_.summary, std::chrono::duration<double>(at - seen_at_).count());
    seen_at_ = at;
    return data_;
  }
  const TopData& last() const { return data_; }

 private:
  static std::optional<double> rate_between(const Json& before, const Json& now, double seconds) {
    if (!before.contains("requests") || !now.contains("requests") || seconds <= 0) return std::nullopt;
    const auto more = now["requests"].get<double>() - before["requests"].get<double>();
    if (more < 0) return std::nullopt;  // it has begun anew
    return more / seconds;
  }

  /// `member`: of the answer; empty: the whole.
  bool take(const std::string& target, const char* member, Json& into) {
    AdminRequest request;
    request.target = target;
    request.timeout = Duration{5'000};
    auto answer = ask_for_json(invocation_, request);
    if (!answer.ok()) return data_.problem = answer.error().what, false;
    into = *member == '\0' ? std::move(*answer) : std::move((*answer)[member]);
    return true;
  }

  const Invocation& invocation_;
  TopData data_;
  Steady::time_point seen_at_;
};

int show_once(const Invocation& invocation) {
  Watch watch{invocation};
  const auto& data = watch.look();
  if (!data.problem.empty()) return fail(invocation, data.problem);
  if (invocation.json) {
    const Json all = {{"summary", data.summary}, {"upstreams", data.upstreams}, {"requests", data.requests}};
    invocation.env.out << all.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    return exit_ok;
  }
  auto lines = top_screen(data, kOnPaper, false);
  lines.pop_back();  // how to quit
  for (const auto& line : lines) invocation.env.out << line << '\n';
  return exit_ok;
}

int watch_live(const Invocation& invocation, Duration interval) {
  Watch watch{invocation};
  if (!watch.look().problem.empty()) return fail(invocation, watch.last().problem);
  Terminal terminal;
  const bool colours = invocation.env.shows_colours();
  auto next = Steady::now() + interval;
  while (true) {
    terminal.draw(top_screen(watch.last(), terminal.size(), colours));
    const auto left = std::chrono::ceil<Duration>(next - Steady::now());
    const auto event = terminal.wait(std::max(left, Duration{0}));
    if (event == Terminal::Event::quit) return exit_ok;
    if (event == Terminal::Event::resized) continue;
    watch.look();
    next = Steady::now() + interval;
  }
}

int top(const Invocation& invocation, const TopArguments& arguments) {
  const auto interval = parse_duration(arguments.interval).value_or(Duration{2'000});
  const auto terminal = invocation.env.environment.find("TERM");
  const bool is_dumb = terminal == invocation.env.environment.end() || terminal->second == "dumb";
  if (invocation.json || !invocation.env.is_terminal || is_dumb) return show_once(invocation);
  return watch_live(invocation, interval);
}

std::string interval_problem(const std::string& value) {
  const auto interval = parse_duration(value);
  return interval && *interval >= kShortest ? ""
                                            : "a duration of at least " + format_duration(kShortest) + " is expected";
}

}  // namespace

void add_top(const Command& program, Invocation& invocation) {
  const auto command = program.command("top", "Show what happens, live; q quits");
  const auto arguments = std::make_shared<TopArguments>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("--interval", arguments->interval, "How often to look (default: 2s)")
      .type_name("DURATION")
      .check(interval_problem);
  command.on_parsed([&invocation, arguments] {
    invocation.run = on_instance(invocation, [&invocation, arguments] { return top(invocation, *arguments); });
  });
}

}  // namespace cachearr::app
