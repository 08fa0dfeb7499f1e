// The whole installation as one file, and back: for the page, and for "cachearr export" and "import" beside a running
// instance. The file holds what the configuration holds, its secrets too, as it has to bring all of it back.
#include <nlohmann/json.hpp>

#include "admin/backup_limits.hpp"
#include "admin/calls.hpp"
#include "admin/rule_json.hpp"
#include "base/text.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;

/// No URL, which is logged and remembered, ever has it.
constexpr std::string_view kPassphraseField = "X-Passphrase";

std::string passphrase_of(const Call& call) {
  const auto* const field = call.head->fields.find(kPassphraseField);
  return field ? text::percent_decode(text::trim(field->value)) : std::string{};
}

/// The only parameter with values; what else it may be is a mistake.
Result<bool, Answer> read_flag(const Call& call, std::string_view name) {
  const auto value = call.parameter(name);
  if (value == "1" || value == "true") return true;
  if (value.empty() || value == "0" || value == "false") return false;
  return problem(400, std::string{name} + " is 1 or 0");
}

Answer export_all(Instance& instance, const Call& call) {
  const auto authority = read_flag(call, "authority");
  if (!authority) return authority.error();
  const auto passphrase = passphrase_of(call);
  if (*authority == passphrase.empty())
    return problem(400, *authority ? "the authority is exported with a passphrase alone: send X-Passphrase"
                                   : "X-Passphrase is for the authority: say authority=1");
  auto archive = instance.export_archive(passphrase);
  if (!archive) return problem(422, archive.error().what);
  Answer answer;
  answer.content_type = "application/x-tar";
  answer.fields = "Content-Disposition: attachment; filename=\"cachearr-export.tar\"\r\n";
  answer.body = std::move(*archive);
  return answer;
}

Answer refused(const ImportRefusal& refusal) {
  auto answer = problem(422, refusal.what);
  if (refusal.problems.empty()) return answer;
  auto data = Json::parse(answer.body);
  data["problems"] = problems_json(refusal.problems);
  answer.body = json_answer(data).body;
  return answer;
}

Answer import_all(Instance& instance, const Call& call) {
  const auto only_check = read_flag(call, "check");
  if (!only_check) return only_check.error();
  if (call.body.empty()) return problem(400, "send the export as the body");
  const auto outcome = instance.import_archive(call.body, passphrase_of(call), *only_check);
  if (!outcome) return refused(outcome.error());
  return json_answer({{"version", outcome->version},
                      {"made", outcome->made},
                      {"put", outcome->put},
                      {"kept", outcome->kept},
                      {"changes", outcome->changes}});
}

}  // namespace

void add_backup_calls(Router& router, Instance& instance) {
  router.add(
      {http::Method::get,
       "/api/v1/export",
       {Access::proven},
       [&instance](const Call& call) { return export_all(instance, call); },
       Runs::in_pool,
       {.summary = "configuration with its secrets, own rules, savings and history as one tar",
        .parameters = {{"authority", "1: the authority, too, sealed with the field X-Passphrase (percent-encoded)"}},
        .answer = "application/x-tar",
        .failures = {422}}});
  router.add({http::Method::post,
              "/api/v1/import",
              {Access::proven, Effect::any_body, kLongestImport},
              [&instance](const Call& call) { return import_all(instance, call); },
              Runs::in_pool,
              {.summary = "takes an export in, or changes nothing; what was there stays beside",
               .parameters = {{"check", "1: says what would be, and changes nothing"}},
               .answer = "Imported",
               .body = "application/x-tar",
               .failures = {422}}});
}

}  // namespace cachearr::admin
