#include "fetch/inspection.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "content/limit_body.hpp"
#include "fetch/response_plan.hpp"
#include "rules/inspect.hpp"

namespace cachearr::fetch {

namespace {

/// Of a body that grows beyond reason the beginning may still tell of a limit.
constexpr std::size_t kReadOfTooLarge = 64 * 1024;

std::size_t bytes_in(std::span<const std::string_view> pieces) noexcept {
  return std::accumulate(pieces.begin(), pieces.end(), std::size_t{0},
                         [](std::size_t sum, std::string_view piece) { return sum + piece.size(); });
}

bool is_of_indexer(const rules::Verdict& verdict) {
  return (verdict.upstream && verdict.upstream->errors == rules::ErrorStyle::newznab) ||
         (verdict.rule && verdict.rule->type.starts_with("indexer"));
}

}  // namespace

BodyInspection::BodyInspection(const InspectedBody& body, const rules::Verdict& verdict)
    : body_{body}, verdict_{verdict}, pieces_{body.pieces} {
  if (!body.content_encoding.empty() || body.pieces.size() != 1) decoder_.emplace(body.content_encoding);
  // One that grew would be moved again and again, into memory that the kernel has to find each time.
  if (body.content_encoding.empty() && decoder_) made_.reserve(bytes_in(body.pieces));
  if (verdict.rule) conditions_ = rules::conditions_of(*verdict.rule);
  question_.expect = verdict.expect();
  question_.newznab = is_of_indexer(verdict);
  question_.limits = verdict.limits();
  question_.conditions = conditions_;
  pointers_ = content::pointers_of(question_.limits);
}

bool BodyInspection::advance() {
  auto left = kInspectionStep;
  if (!reading_) {
    if (decoder_ && decode(left)) return true;
    begin_reading();
  }
  return reading_->advance(left);
}

/// Takes what it makes off `left`. True: there is more.
bool BodyInspection::decode(std::size_t& left) {
  const auto before = made_.size();
  for (;;) {
    if (piece_.empty() && !pieces_.empty()) {
      piece_ = pieces_.front();
      pieces_ = pieces_.subspan(1);
    }
    const auto state = decoder_->feed(piece_, made_, left - (made_.size() - before));
    const bool used_up = made_.size() - before >= left;
    const bool fed = state == content::DecodeState::more && pieces_.empty();
    const bool failed = state != content::DecodeState::more && state != content::DecodeState::pending;
    if (fed || failed) {
      left -= std::min(left, made_.size() - before);
      return false;
    }
    if (used_up) return true;
  }
}

void BodyInspection::begin_reading() {
  received_ = {body_.status, body_.content_type, {}, content::DecodeState::whole};
  if (decoder_) {
    received_.state = decoder_->finish();
    received_.body = made_;
    if (received_.state == content::DecodeState::too_large) received_.body = received_.body.substr(0, kReadOfTooLarge);
  } else {
    received_.body = body_.pieces.front();
  }
  reading_ = content::body_pass(received_.body, {question_.conditions, pointers_, body_.now});
}

Inspection BodyInspection::end(TimePoint now) {
  using Answer = content::AnswerKind;
  auto found = content::inspect(question_, received_, reading_->end(), now);
  Inspection result;
  result.signal = std::move(found.signal);
  if (result.signal.limited) {
    result.kind = Inspection::Kind::limit;
    result.text = received_.body;
    return result;
  }
  // An error of the server is one whatever its body is; a stored answer has stood in already where one may.
  const bool something_else = found.kind == Answer::no_answer && !is_server_error(body_.status);
  if (something_else || found.kind == Answer::api_error) {
    result.kind = Inspection::Kind::no_answer;
    result.why = std::move(found.why);
    result.undecodable = received_.state != content::DecodeState::whole;
    return result;
  }
  if (body_.status != 200 || !verdict_.rule) return result;
  result.entities = std::move(found.entities);
  const auto conditional = rules::verdict_of(*verdict_.rule, found.holds);
  if (conditional.refused) {
    result.kind = Inspection::Kind::no_answer;
    result.why = "refuse_if of the rule " + verdict_.rule->name;
  }
  result.ttl = conditional.ttl;
  return result;
}

Inspection inspect_body(const InspectedBody& body, const rules::Verdict& verdict, TimePoint now) {
  BodyInspection inspection{body, verdict};
  while (inspection.advance()) {}
  return inspection.end(now);
}

std::optional<Duration> ttl_of_body(const rules::Rule* rule, std::string_view content_encoding, std::string_view body,
                                    TimePoint now) {
  if (!rule || rule->ttl_from.empty()) return std::nullopt;
  return rules::inspect_body(*rule, content_encoding, body, now).ttl;
}

}  // namespace cachearr::fetch
