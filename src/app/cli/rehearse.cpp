#include "app/cli/rehearse.hpp"

#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "app/cli/key_request.hpp"
#include "app/exit_code.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownChanges = 20;
constexpr Duration kRehearsalTime{120'000};

Result<Json> read_drafts(const std::vector<std::string>& files) {
  Json texts = Json::object();
  for (const auto& file : files) {
    std::ifstream in{file, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (!in.is_open()) return Error{file + " cannot be read"};
    texts[std::filesystem::path{file}.filename().string()] = text;
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
      << " hits, " << figures.value("upstreamCalls", 0) << " upstream calls, answers "
      << figures.value("meanAgeSeconds", 0) << " s old on average, at most " << figures.value("oldestStaleSeconds", 0)
      << " s past their end\n";
}

std::string verdict_text(const Json& verdict) {
  auto text = "rule " + shown(verdict.value("rule", Json{})) + ", key " + verdict.value("key", "");
  if (!verdict.value("cached", false)) return text + ", not cached";
  return text + (verdict.value("ttlByOrigin", false) ? ", ttl as the answer says"
                                                     : ", ttl " + shown(verdict.value("ttl", Json{})) + " s");
}

void print_changes_of(std::ostream& out, const Json& changes) {
  std::size_t shown_so_far = 0;
  for (const auto& change : changes) {
    if (++shown_so_far > kShownChanges) break;
    out << "\n"
        << change.value("requests", 0) << " x " << change.value("method", "") << ' ' << change.value("url", "") << '\n'
        << "  now:   " << verdict_text(change.value("before", Json::object())) << '\n'
        << "  draft: " << verdict_text(change.value("after", Json::object())) << '\n';
  }
  if (changes.size() > kShownChanges) out << "\nand " << changes.size() - kShownChanges << " more (--json has them)\n";
}

void print_rehearsal(std::ostream& out, const Json& data) {
  out << data.value("requests", 0) << " requests judged again, " << data.value("leftOut", 0) << " left out\n"
      << "  another rule " << data.value("otherRule", 0) << ", another key " << data.value("otherKey", 0)
      << ", another lifetime " << data.value("otherTtl", 0) << "\n"
      << "played again from an empty cache (" << percent(data, "hitRateRecorded") << " were hits in fact):\n";
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
