#include "content/answer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/redact.hpp"
#include "base/text.hpp"
#include "content/limit_body.hpp"
#include "content/magic.hpp"

namespace cachearr::content {
namespace {

using Kind = BodyRead::Kind;

struct Judgement {
  AnswerKind kind = AnswerKind::answer;
  std::string why;
};

Judgement answer() { return {}; }
Judgement no_answer(std::string_view why) { return {AnswerKind::no_answer, shown_words(why)}; }

/// What comes with such a status needs no body, or has one that is about something else.
bool is_without_body(int status) noexcept { return status < 200 || status == 204 || (status >= 300 && status < 400); }

std::string_view what(Kind kind) noexcept {
  switch (kind) {
    case Kind::json: return "JSON";
    case Kind::xml: return "XML";
    case Kind::html: return "HTML";
    case Kind::empty: return "nothing";
    case Kind::other: break;
  }
  return "something else";
}

std::string instead_of(Kind kind, std::string_view due) {
  return std::string{what(kind)} + " where " + std::string{due} + " is due";
}

/// Of JSON or XML; empty: it is whole.
std::string damage_of(const BodyRead& read) {
  if (read.shape == Shape::whole) return {};
  std::string out{what(read.kind)};
  return out += read.shape == Shape::cut_off ? " that is cut off" : " that is broken";
}

bool root_is(const BodyRead& read, std::string_view name) {
  return read.kind == Kind::xml && read.xml.root && text::iequals(read.xml.root->local_name(), name);
}

/// <error>, with a code of Newznab's list (1xx to 3xx: credentials, parameters, nothing there) or without: then it may
/// mean anything, as 900 (unknown) and 910 (switched off) do.
Judgement error_element(const BodyRead& read, int status) {
  const auto& root = *read.xml.root;
  const auto* code_text = root.attribute("code");
  const auto* description = root.attribute("description");
  auto why = "error " + (code_text != nullptr ? *code_text : std::string{"without a code"}) + ": " +
             (description != nullptr ? *description : root.text);
  if (status >= 400) return answer();
  const auto code = code_text != nullptr ? text::parse_unsigned(*code_text).value_or(0) : 0;
  if (code < 100 || code > 399) return no_answer(why);
  return {AnswerKind::api_error, shown_words(why)};
}

/// An error of the API in a form that programs read, where it says so by its status.
bool is_api_error(const BodyRead& read, int status) {
  return status >= 400 && read.kind == Kind::json && read.json.opens_with == '{' && read.shape == Shape::whole;
}

Judgement judge_json(const BodyRead& read) {
  if (read.kind != Kind::json) return no_answer(instead_of(read.kind, "JSON"));
  const auto damage = damage_of(read);
  return damage.empty() ? answer() : no_answer(damage);
}

Judgement judge_xml(const BodyRead& read, int status, std::string_view due) {
  if (is_api_error(read, status)) return answer();
  if (read.kind != Kind::xml) return no_answer(instead_of(read.kind, due));
  if (root_is(read, "error")) return error_element(read, status);
  const auto damage = damage_of(read);
  return damage.empty() ? answer() : no_answer(damage);
}

/// An indexer that is asked for JSON ("o=json") answers with the feed's members.
bool is_json_feed(const BodyRead& read) {
  if (read.kind != Kind::json || read.shape != Shape::whole) return false;
  return read.json.opens_with == '[' || read.json.member("channel") != nullptr || read.json.member("item") != nullptr ||
         read.json.member("items") != nullptr;
}

Judgement judge_feed(const BodyRead& read, int status) {
  if (is_json_feed(read)) return answer();
  auto judged = judge_xml(read, status, "a feed");
  if (judged.kind != AnswerKind::answer || status >= 400) return judged;
  if (root_is(read, "rss")) return read.has_channel ? judged : no_answer("a feed without a channel");
  if (root_is(read, "feed") || root_is(read, "rdf") || root_is(read, "caps")) return judged;
  return no_answer("XML where a feed is due");
}

Judgement judge_nzb(const BodyRead& read, int status) {
  auto judged = judge_xml(read, status, "an NZB");
  if (judged.kind != AnswerKind::answer || status >= 400) return judged;
  if (!root_is(read, "nzb")) return no_answer("XML where an NZB is due");
  return read.has_file ? judged : no_answer("an NZB without files");
}

/// Web servers tell by a page that there is no such image, and it is true.
bool says_there_is_none(int status) noexcept { return status == 404 || status == 410; }

Judgement judge_image(const BodyRead& read, const Received& received) {
  if (read.kind == Kind::xml && root_is(read, "svg")) {
    const auto damage = damage_of(read);
    return damage.empty() ? answer() : no_answer(damage);
  }
  const bool error_in_form = received.status >= 400 && (read.kind == Kind::xml || is_api_error(read, received.status));
  if (says_there_is_none(received.status) || error_in_form) return answer();
  const auto wrong = wrong_image(received.body);
  return wrong.empty() ? answer() : no_answer(std::string{wrong});
}

Judgement judge_torrent(const BodyRead& read, const Received& received) {
  if (is_api_error(read, received.status)) return answer();
  if (root_is(read, "error")) return error_element(read, received.status);
  const auto wrong = wrong_torrent(received.body);
  return wrong.empty() ? answer() : no_answer(std::string{wrong});
}

/// PHP's last words come as HTML, and as the beginning of any page.
bool tells_of_a_crash(std::string_view text) {
  constexpr std::size_t kStart = 1024;
  const auto start = text.substr(0, kStart);
  for (const std::string_view mark : {"<b>fatal error</b>", "<b>parse error</b>", "fatal error: uncaught"}) {
    if (text::icontains(start, mark)) return true;
  }
  return false;
}

Judgement judge_html(const BodyRead& read) {
  if (read.kind != Kind::html && read.kind != Kind::xml) return no_answer(instead_of(read.kind, "a page"));
  if (tells_of_a_crash(read.text)) return no_answer("a page that tells of a crash");
  return root_is(read, "error") ? no_answer("an error where a page is due") : answer();
}

/// Nothing is expected: only what calls itself JSON or XML and is cut off is surely wreckage.
Judgement judge_any(const BodyRead& read, std::string_view content_type) {
  const bool claimed = (read.kind == Kind::json && text::icontains(content_type, "json")) ||
                       (read.kind == Kind::xml && text::icontains(content_type, "xml"));
  return claimed && read.shape == Shape::cut_off ? no_answer(damage_of(read)) : answer();
}

Judgement judge_by_expectation(Expect expect, const BodyRead& read, const Received& received) {
  if (read.kind == Kind::html) {
    if (const auto challenge = challenge_in(received.body); !challenge.empty())
      return no_answer("challenge page: " + std::string{challenge});
  }
  switch (expect) {
    case Expect::any: return judge_any(read, received.content_type);
    case Expect::json: return judge_json(read);
    case Expect::xml: return judge_xml(read, received.status, "XML");
    case Expect::feed: return judge_feed(read, received.status);
    case Expect::image: return judge_image(read, received);
    case Expect::nzb: return judge_nzb(read, received.status);
    case Expect::torrent: return judge_torrent(read, received);
    case Expect::html: return judge_html(read);
  }
  return answer();
}

Judgement judge(Expect expect, const BodyRead& read, const Received& received) {
  const int status = received.status;
  if (status >= 500) return no_answer("status " + std::to_string(status));
  if (is_without_body(status)) return answer();
  const bool readable = received.state == DecodeState::whole;
  if (read.kind == Kind::empty && (readable || status >= 400)) {
    if (expect == Expect::any || status >= 400) return answer();
    return no_answer("empty");
  }
  // A coding that nobody knows here may be known to the client.
  if (!readable && !(received.state == DecodeState::unknown && expect == Expect::any))
    return no_answer(std::string{to_words(received.state)});
  if (!readable) return answer();
  return judge_by_expectation(expect, read, received);
}

bool is_of_an_indexer(const Question& question) noexcept {
  return question.newznab || question.expect == Expect::feed || question.expect == Expect::nzb ||
         question.expect == Expect::torrent;
}

/// Bytes that are what they should be hold no words.
bool may_hold_words(Expect expect, const Received& received) {
  if (expect == Expect::image) return !wrong_image(received.body).empty();
  return expect != Expect::torrent || !wrong_torrent(received.body).empty();
}

LimitSignal limits_of(const Question& question, const BodyRead& read, const Received& received, TimePoint now) {
  auto signal = limits_in(read, received.status, is_of_an_indexer(question), now);
  if (question.limits.empty() || !may_hold_words(question.expect, received)) return signal;
  if (auto told = limit_by_words(read, received.status, question.limits, now)) {
    // The rules know this upstream better; a time that it tells in a common form still counts.
    if (!told->until) told->until = signal.until;
    told->readings = std::move(signal.readings);
    return *std::move(told);
  }
  return signal;
}

}  // namespace

std::string_view challenge_in(std::string_view body) noexcept {
  constexpr std::size_t kPeek = 16 * 1024;
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kMarks = {
      {{"cf_chl_opt", "Cloudflare"},
       {"cf-browser-verification", "Cloudflare"},
       {"/orchestrate/chl_", "Cloudflare"},
       {"<title>Just a moment...</title>", "Cloudflare"},
       {"Attention Required! | Cloudflare", "Cloudflare"},
       {"cf-error-details", "Cloudflare"},
       {"DDoS-Guard", "DDoS-Guard"},
       {"Checking your browser before accessing", "browser check"},
       {"_Incapsula_Resource", "Incapsula"}}};
  const auto start = body.substr(0, kPeek);
  for (const auto& [mark, name] : kMarks) {
    if (start.find(mark) != std::string_view::npos) return name;
  }
  return {};
}

Inspection inspect(const Question& question, const Received& received, TimePoint now) {
  const auto pointers = pointers_of(question.limits);
  return inspect(question, received, read_body(received.body, {question.conditions, pointers, now}), now);
}

Inspection inspect(const Question& question, const Received& received, BodyRead read, TimePoint now) {
  Inspection out;
  out.signal = limits_of(question, read, received, now);
  out.holds = std::move(read.holds);
  if (read.shape == Shape::whole)
    out.entities = std::move(read.kind == Kind::xml ? read.xml.entities : read.json.entities);
  if (out.signal.limited || received.status == 429) {
    out.kind = AnswerKind::limit;
    out.why = out.signal.limited ? out.signal.why : "429";
    return out;
  }
  auto judged = judge(question.expect, read, received);
  out.kind = judged.kind;
  out.why = std::move(judged.why);
  return out;
}

}  // namespace cachearr::content
