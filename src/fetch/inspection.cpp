#include "fetch/inspection.hpp"

#include <utility>
#include <vector>

#include "content/answer.hpp"
#include "content/decoder.hpp"
#include "fetch/response_plan.hpp"
#include "rules/inspect.hpp"

namespace cachearr::fetch {

namespace {

struct Decoded {
  std::string_view text;  // as far as it could be decoded
  content::DecodeState state = content::DecodeState::whole;
};

/// `made`: keeps the text where it is not a piece as it came.
Decoded decode(const InspectedBody& body, std::string& made) {
  if (body.content_encoding.empty() && body.pieces.size() == 1) return {body.pieces.front()};
  content::Decoder decoder{body.content_encoding};
  for (auto piece : body.pieces) {
    while (decoder.feed(piece, made) == content::DecodeState::pending) {}
  }
  return {made, decoder.finish()};
}

bool is_of_indexer(const rules::Verdict& verdict) {
  return (verdict.upstream && verdict.upstream->errors == rules::ErrorStyle::newznab) ||
         (verdict.rule && verdict.rule->type.starts_with("indexer"));
}

}  // namespace

Inspection inspect_body(const InspectedBody& body, const rules::Verdict& verdict, TimePoint now) {
  using Answer = content::AnswerKind;
  std::string made;
  const auto decoded = decode(body, made);
  const auto conditions =
      verdict.rule ? rules::conditions_of(*verdict.rule) : std::vector<const rules::BodyCondition*>{};
  content::Question question;
  question.expect = verdict.expect();
  question.newznab = is_of_indexer(verdict);
  question.limits = verdict.limits();
  question.conditions = conditions;
  auto found = content::inspect(question, {body.status, body.content_type, decoded.text, decoded.state}, now);
  Inspection result;
  result.signal = std::move(found.signal);
  if (result.signal.limited) {
    result.kind = Inspection::Kind::limit;
    result.text = decoded.text;
    return result;
  }
  // An error of the server is one whatever its body is; a stored answer has stood in already where one may.
  const bool something_else = found.kind == Answer::no_answer && !is_server_error(body.status);
  if (something_else || found.kind == Answer::api_error) {
    result.kind = Inspection::Kind::no_answer;
    result.undecodable = decoded.state != content::DecodeState::whole;
    return result;
  }
  if (body.status != 200 || !verdict.rule) return result;
  const auto conditional = rules::verdict_of(*verdict.rule, found.holds);
  if (conditional.refused) result.kind = Inspection::Kind::no_answer;
  result.ttl = conditional.ttl;
  return result;
}

std::optional<Duration> ttl_of_body(const rules::Rule* rule, std::string_view content_encoding, std::string_view body) {
  if (!rule || rule->ttl_from.empty()) return std::nullopt;
  return rules::inspect_body(*rule, content_encoding, body).ttl;
}

}  // namespace cachearr::fetch
