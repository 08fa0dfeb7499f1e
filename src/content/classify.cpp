#include "content/classify.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <pugixml.hpp>
#include <vector>

#include "base/text.hpp"
#include "content/json_scan.hpp"
#include "content/limit_body.hpp"
#include "content/xml_peek.hpp"

namespace cachearr::content {
namespace {

constexpr std::size_t kPeek = 16 * 1024;
/// Bodies that say "no" are short; longer ones are not taken apart.
constexpr std::size_t kLongestRefusal = 16 * 1024;

enum class Body : std::uint8_t { json, xml, nzb, html, other };

bool begins_like_html(std::string_view body) {
  const auto at = body.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  if (at == std::string_view::npos) return false;
  const auto start = body.substr(at, 14);
  return text::iequals(start, "<!doctype html") || text::iequals(start.substr(0, 5), "<html");
}

Body body_kind(Expect expect, std::string_view content_type, std::string_view body) {
  if (begins_like_html(body) || text::icontains(content_type, "text/html")) return Body::html;
  if (expect == Expect::nzb || text::icontains(content_type, "x-nzb")) return Body::nzb;
  if (expect == Expect::json || text::icontains(content_type, "json")) return Body::json;
  if (expect == Expect::xml || text::icontains(content_type, "xml") || text::icontains(content_type, "application/rss"))
    return Body::xml;
  return Body::other;
}

/// Data has other members; only what has one of these is worth being taken apart.
bool may_refuse(const std::vector<std::string_view>& members) noexcept {
  return std::any_of(members.begin(), members.end(),
                     [](auto name) { return name == "success" || name == "Response" || name == "result"; });
}

/// Why a 200's short JSON is no answer; none: it is one.
std::optional<std::string> refusal_in(const nlohmann::json& object) {
  const auto words = [&](const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  const auto success = object.find("success");
  if (success != object.end() && *success == false)
    return "success is false: " + words("status_message") + words("message");
  if (words("Response") == "False" && !text::icontains(words("Error"), "not found")) return words("Error");
  if (words("result") == "failure" && !text::icontains(words("message"), "no show") &&
      !text::icontains(words("message"), "no single connection")) {
    return "result is failure: " + words("message");
  }
  return std::nullopt;
}

std::optional<std::string> wrong_json(std::string_view body, int status) {
  std::vector<std::string_view> members;
  const auto shape = scan_json(body, &members);
  if (shape == JsonShape::cut_off) return "JSON that is cut off";
  if (shape == JsonShape::broken) return "no JSON where JSON is due";
  if (status >= 400 || body.size() > kLongestRefusal || !may_refuse(members)) return std::nullopt;
  const auto object = nlohmann::json::parse(body, nullptr, false);
  return object.is_object() ? refusal_in(object) : std::nullopt;
}

std::optional<std::string> error_element(std::string_view body) {
  const auto root = root_tag(body.substr(0, kPeek));
  if (!root || !text::iequals(root->name, "error")) return std::nullopt;
  const auto* code = root->attribute("code");
  const auto* description = root->attribute("description");
  return "error " + (code != nullptr ? *code : std::string{"without a code"}) + ": " +
         (description != nullptr ? *description : root->text());
}

std::optional<std::string> wrong_xml(std::string_view body, bool nzb) {
  if (auto error = error_element(body)) return error;
  pugi::xml_document document;
  const auto parsed = document.load_buffer(body.data(), body.size(), pugi::parse_minimal);
  if (!parsed) return std::string{"XML that is broken or cut off: "} + parsed.description();
  const auto root = document.document_element();
  if (!root) return "no XML where XML is due";
  if (nzb && !root.child("file")) return "an NZB without files";
  return std::nullopt;
}

std::optional<std::string> wrong_body(Expect expect, std::string_view content_type, int status, std::string_view body) {
  const auto kind = body_kind(expect, content_type, body);
  if (kind == Body::html) {
    if (const auto challenge = challenge_in(body); !challenge.empty())
      return "challenge page: " + std::string{challenge};
    if (expect != Expect::any) return "HTML where data is due";
  }
  if (kind == Body::json) return wrong_json(body, status);
  if (kind == Body::xml || kind == Body::nzb) return wrong_xml(body, kind == Body::nzb);
  return std::nullopt;
}

bool may_be_empty(int status) noexcept { return status == 204 || status == 304 || (status >= 300 && status < 600); }

Answer no_answer(AnswerKind kind, std::string why, LimitSignal signal) {
  return {kind, std::move(why), std::move(signal)};
}

}  // namespace

std::string_view challenge_in(std::string_view body) noexcept {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kMarks = {
      {{"cf_chl_opt", "Cloudflare"},
       {"cf-browser-verification", "Cloudflare"},
       {"/cdn-cgi/challenge-platform", "Cloudflare"},
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

Answer classify(Expect expect, std::string_view content_type, int status, std::string_view body, bool complete,
                TimePoint now) {
  auto signal = read_body(content_type, status, body, now);
  if (signal.limited) {
    auto why = signal.why;
    return no_answer(AnswerKind::limit, std::move(why), std::move(signal));
  }
  if (status == 429) return no_answer(AnswerKind::limit, "429", std::move(signal));
  if (status >= 500) return no_answer(AnswerKind::error, "status " + std::to_string(status), std::move(signal));
  if (!complete) return no_answer(AnswerKind::error, "cut off", std::move(signal));
  if (body.empty()) {
    if (expect == Expect::any || may_be_empty(status)) return {AnswerKind::ok, {}, std::move(signal)};
    return no_answer(AnswerKind::error, "empty", std::move(signal));
  }
  if (auto wrong = wrong_body(expect, content_type, status, body)) {
    return no_answer(AnswerKind::error, std::move(*wrong), std::move(signal));
  }
  return {AnswerKind::ok, {}, std::move(signal)};
}

}  // namespace cachearr::content
