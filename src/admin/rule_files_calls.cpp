// The user's own rules files: list, read, write, remove, and put back what they held before. Nothing is written that
// would be refused, and nobody overwrites what he has not seen.
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/rule_files.hpp"
#include "admin/rule_json.hpp"
#include "base/iso_time.hpp"
#include "base/text.hpp"
#include "http/conditions.hpp"

namespace cachearr::admin {

namespace {

using http::FieldId;
using Json = nlohmann::ordered_json;

/// What these calls share.
struct RuleFilesCalls {
  Instance& instance;
  std::shared_ptr<std::mutex> one_at_a_time = std::make_shared<std::mutex>();  // of those that write

  RuleFiles files() const {
    const auto snapshot = instance.snapshot();
    const auto& config = snapshot->settings->config;
    return {config.rules, config.state_dir};
  }
};

Json versions_json(const RuleFiles& files, const std::string& name) {
  Json list = Json::array();
  for (const auto& version : files.versions(name))
    list.push_back({{"version", version.number}, {"kept", iso_time(version.kept)}, {"size", version.size}});
  return list;
}

Answer list_files(const RuleFilesCalls& calls) {
  const auto files = calls.files();
  Json list = Json::array(), gone = Json::array();
  for (const auto& file : files.list())
    list.push_back({{"name", file.name},
                    {"path", file.path},
                    {"writable", file.writable},
                    {"size", file.size},
                    {"changed", iso_time(file.changed)},
                    {"versions", versions_json(files, file.name)}});
  for (const auto& name : files.gone()) gone.push_back({{"name", name}, {"versions", versions_json(files, name)}});
  return json_answer({{"files", std::move(list)}, {"gone", std::move(gone)}});
}

Answer no_such_file() { return problem(404, "no rules file is called so; GET /api/v1/rules/files lists them"); }

/// The number in "version"; 0: none was asked for. The error: it is none.
Result<std::uint64_t, Answer> version_asked(const Call& call) {
  if (!call.is_given("version")) return std::uint64_t{0};
  const auto number = text::parse_unsigned(call.parameter("version"));
  if (!number || *number == 0) return problem(400, "version is the number of one that was kept");
  return *number;
}

Answer file_answer(const Result<std::string>& text) {
  if (!text) return problem(500, text.error().what);
  Answer answer;
  answer.body = mask_rule_file(*text);
  answer.fields = "ETag: " + rule_file_etag(*text) + "\r\n";
  return answer;
}

Answer get_file(const RuleFilesCalls& calls, const Call& call) {
  const auto& name = call.captures.front();
  const auto files = calls.files();
  const auto version = version_asked(call);
  if (!version) return version.error();
  if (*version != 0) {
    const auto kept = is_rule_file_name(name) ? files.read_version(name, *version) : Result<std::string>{Error{""}};
    return kept ? file_answer(kept) : problem(404, "there is no such version of it");
  }
  const auto file = files.find(name);
  return file ? file_answer(files.read(file->path)) : no_such_file();
}

/// One file before it is changed, and what is asked of it.
struct RuleFileChange {
  std::string name, path;
  std::optional<std::string> before;  // none: it is new
};

/// Whether the file is still what its writer has seen.
std::optional<Answer> check_conditions(const Call& call, const RuleFileChange& change) {
  const auto must_match = call.head->fields.value(FieldId::if_match);
  const auto must_not = call.head->fields.value(FieldId::if_none_match);
  const auto etag = change.before ? rule_file_etag(*change.before) : std::string{};
  const bool matches = must_match.empty() || (change.before && (must_match == "*" || must_match == etag));
  const bool differs = must_not.empty() || !change.before || (must_not != "*" && must_not != etag);
  if (matches && differs) return std::nullopt;
  return problem(412, change.before ? "the file was changed meanwhile: look at it again, then write"
                                    : "the file is gone meanwhile: look again, then write");
}

Result<RuleFileChange, Answer> begin_change(const RuleFiles& files, const Call& call) {
  RuleFileChange change{call.captures.front(), {}, {}};
  if (!is_rule_file_name(change.name))
    return problem(400, "a rules file is called like my-rules.json: letters, digits, dots, dashes and underscores");
  if (const auto file = files.find(change.name)) {
    if (!file->writable) return problem(403, file->path + " may not be written by this program; change it by hand");
    change.path = file->path;
    auto text = files.read(file->path);
    if (!text) return problem(500, text.error().what);
    change.before = std::move(*text);
  }
  if (auto refused = check_conditions(call, change)) return *std::move(refused);
  return change;
}

Answer change_answer(const ReloadOutcome& outcome, const std::string& path, int status) {
  return json_answer({{"taken", outcome.taken},
                      {"changes", outcome.changes},
                      {"problems", problems_json(outcome.problems)},
                      {"path", path}},
                     outcome.taken ? status : 422);
}

std::optional<Error> put_back(const RuleFiles& files, const RuleFileChange& change) {
  return change.before ? files.replace(change.path, *change.before) : files.remove(change.path);
}

/// `after`: what the file holds then; none: it is removed. With any problem everything stays as it was.
Answer change_file(const RuleFilesCalls& calls, const RuleFiles& files, const RuleFileChange& change,
                   const std::optional<std::string>& after) {
  ReloadOutcome refused;
  if (!calls.instance.rules_with({{change.path, after}}, refused.problems))
    return change_answer(refused, change.path, 422);
  if (change.before && change.before != after)
    if (const auto wrong = files.keep(change.name, *change.before)) return problem(500, wrong->what);
  const auto failed = after ? files.replace(change.path, *after) : files.remove(change.path);
  if (failed) return problem(500, failed->what);
  const auto outcome = calls.instance.reload();
  if (!outcome.taken)
    if (const auto wrong = put_back(files, change)) return problem(500, wrong->what);
  auto answer = change_answer(outcome, change.path, change.before ? 200 : 201);
  if (outcome.taken && after) answer.fields += "ETag: " + rule_file_etag(*after) + "\r\n";
  return answer;
}

/// The body, or a version that was kept.
Result<std::string, Answer> text_to_write(const RuleFiles& files, const Call& call, const RuleFileChange& change) {
  const auto version = version_asked(call);
  if (!version) return version.error();
  if (*version == 0) {
    auto text = unmask_rule_file(call.body, change.before.value_or(""));
    if (!text) return problem(400, text.error().what);
    return std::move(*text);
  }
  auto kept = files.read_version(change.name, *version);
  if (!kept) return problem(404, "there is no such version of it");
  return std::move(*kept);
}

Answer put_file(const RuleFilesCalls& calls, const Call& call) {
  const std::lock_guard lock{*calls.one_at_a_time};
  const auto files = calls.files();
  auto change = begin_change(files, call);
  if (!change) return change.error();
  const auto text = text_to_write(files, call, *change);
  if (!text) return text.error();
  if (change->path.empty()) {
    auto path = files.new_path(change->name);
    if (!path) return problem(500, path.error().what);
    change->path = std::move(*path);
  }
  return change_file(calls, files, *change, *text);
}

Answer delete_file(const RuleFilesCalls& calls, const Call& call) {
  const std::lock_guard lock{*calls.one_at_a_time};
  const auto files = calls.files();
  const auto change = begin_change(files, call);
  if (!change) return change.error();
  return change->before ? change_file(calls, files, *change, std::nullopt) : no_such_file();
}

}  // namespace

void add_rule_files_calls(Router& router, Instance& instance) {
  using http::Method;
  const RuleFilesCalls calls{instance};
  const auto add = [&](Method method, Effect effect, Answer (*handler)(const RuleFilesCalls&, const Call&),
                       CallDoc doc) {
    doc.captures = {"name"};
    auto run = [calls, handler](const Call& call) { return handler(calls, call); };
    router.add(
        {method, "/api/v1/rules/files/{}", {Access::key, effect}, std::move(run), Runs::in_pool, std::move(doc)});
  };
  router.add({Method::get,
              "/api/v1/rules/files",
              {},
              [calls](const Call&) { return list_files(calls); },
              Runs::in_pool,
              {.summary = "the user's own rules files and what was kept of them", .answer = "RulesFiles"}});
  add(Method::get, Effect::none, get_file,
      {.summary = "a rules file, with *** for passwords in it",
       .parameters = {{"version", "what it held before: the number of one that was kept"}},
       .answer = "RulesFile",
       .failures = {404}});
  add(Method::put, Effect::json, put_file,
      {.summary = "writes a rules file and puts it in force; If-Match and If-None-Match: * are obeyed",
       .parameters = {{"version", "put back what was kept under this number, instead of the body"}},
       .answer = "RulesFileChanged",
       .body = "RulesFile",
       .failures = {404, 412, 422},
       .successes = {200, 201}});
  add(Method::delete_, Effect::json, delete_file,
      {.summary = "removes a rules file; what it held is kept",
       .answer = "RulesFileChanged",
       .failures = {404, 412, 422}});
}

}  // namespace cachearr::admin
