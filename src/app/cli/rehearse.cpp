#include "app/cli/rehearse.hpp"

#include <filesystem>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <string>

#include "app/cli/key_request.hpp"
#include "app/exit_code.hpp"
#include "app/read_file.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownChanges = 20;
constexpr Duration kRehearsalTime{120'000};
constexpr std::uint64_t kLargestDraft = 1024 * 1024;  // more no call with JSON takes

Result<Json> read_drafts(const std::vector<std::string>& files) {
  Json texts = Json::object();
  for (const auto& file : files) {
    auto text = read_file(file, kLargestDraft);
    if (!text) return text.error();
    texts[std::filesystem::path{file}.filename().string()] = std::move(*text);
  }
  return Json{{"files", std::move(texts)}};
}

std::string percent(const Json& figures, const char* name) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << figures.value(name, 0.0) << " %";
  return text.str();
}

void print_figures(std::ostream& out, const char* label, const Json& figures) {
  out << "  " << std::left << std::setw(10) << label << std::right << std::setw(8) << percent(figures, "hitRate")
      << " hits, " << figures.value("upstreamCalls", 0) << " upstream calls, hits are on average "
      << figures.value("meanAgeSeconds", 0) << " s old, at most " << figures.value("oldestStaleSeconds", 0)
      << " s past their end\n";
}

std::string ttl_text(const Json& verdict) {
  const auto ttl = verdict.value("ttl", Json{});
  const std::string source = verdict.value("ttlByOrigin", false) ? " as the answer says" : "";
  return ttl.is_null() ? "ttl" + source + ", not known" : "ttl " + shown(ttl) + " s" + source;
}

std::string verdict_text(const Json& verdict) {
  auto text = "rule " + shown(verdict.value("rule", Json{})) + ", key " + verdict.value("key", "");
  if (!verdict.value("cached", false)) return text + ", not cached";
  text += ", " + ttl_text(verdict);
  const auto stale = verdict.value("stale", std::int64_t{0});
  return stale > 0 ? text + ", stale for " + std::to_string(stale) + " s more" : text;
}

std::string partition_text(const Json& verdict) {
  return verdict.value("partition", "") == "shared" ? ", shared with all" : ", apart for each credential";
}

void print_change(std::ostream& out, const Json& change) {
  const auto before = change.value("before", Json::object()), after = change.value("after", Json::object());
  const bool same = before.value("partition", "") == after.value("partition", "");
  const auto text = [&](const Json& verdict) { return verdict_text(verdict) + (same ? "" : partition_text(verdict)); };
  out << "\n"
      << change.value("requests", 0) << " x " << change.value("method", "") << ' ' << change.value("url", "") << '\n'
      << "  now:   " << text(before) << '\n'
      << "  draft: " << text(after) << '\n';
}

void print_changes_of(std::ostream& out, const Json& changes) {
  std::size_t shown_so_far = 0;
  for (const auto& change : changes) {
    if (++shown_so_far > kShownChanges) break;
    print_change(out, change);
  }
  if (changes.size() > kShownChanges) out << "\nand " << changes.size() - kShownChanges << " more (--json has them)\n";
}

void print_rehearsal(std::ostream& out, const Json& data) {
  out << data.value("requests", 0) << " requests judged again, " << data.value("leftOut", 0) << " left out\n"
      << "  another rule " << data.value("otherRule", 0) << ", another key " << data.value("otherKey", 0)
      << ", another lifetime " << data.value("otherTtl", 0) << "\n";
  const auto unknown = data.value("ttlsUnknown", 0);
  if (unknown > 0)
    out << "  " << unknown
        << " with a lifetime that is the answer's own and not known, played as if it were not stored\n";
  out << "played again from an empty cache (" << percent(data, "hitRateRecorded") << " were hits in fact):\n";
  print_figures(out, "now", data.value("before", Json::object()));
  print_figures(out, "draft", data.value("after", Json::object()));
  print_changes_of(out, data.value("changes", Json::array()));
}

}  // namespace

int rehearse(const Invocation& invocation, const std::vector<std::string>& files) {
  const auto drafts = read_drafts(files);
  if (!drafts) return fail(invocation, drafts.error().what);
  AdminRequest request;
  request.method = "POST";
  request.target = "/api/v1/rules/rehearse";
  request.body = drafts->dump(-1, ' ', false, Json::error_handler_t::replace);
  request.timeout = kRehearsalTime;
  const auto answer = ask_instance(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  if (answer->status != 200) {
    fail(invocation, reason_of(*answer));
    return answer->status == 422 ? exit_configuration : exit_no;
  }
  const auto data = Json::parse(answer->body, nullptr, false);
  if (!data.is_object()) return fail(invocation, "the running instance answered with something that is no JSON object");
  if (invocation.json) invocation.env.out << data.dump(2) << '\n';
  if (!invocation.json) print_rehearsal(invocation.env.out, data);
  return exit_ok;
}

}  // namespace cachearr::app
