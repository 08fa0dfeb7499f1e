#include "admin/call.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "http/status.hpp"

namespace cachearr::admin {

namespace {

std::string decode_form(std::string_view text) {
  std::string spaced{text};
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return text::percent_decode(spaced);
}

constexpr std::string_view kPagePolicy =
    "Content-Security-Policy: default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors ";
// What an origin sent is data here, whatever it calls itself.
constexpr std::string_view kDataPolicy =
    "Content-Security-Policy: sandbox; default-src 'none'; frame-ancestors 'none'\r\nContent-Disposition: "
    "attachment\r\n";

void append_policy(std::string& head, const Answer& answer) {
  if (answer.framed_by.empty()) head += "X-Frame-Options: DENY\r\n";
  if (answer.untrusted)
    head += kDataPolicy;
  else
    head.append(kPagePolicy).append(answer.framed_by.empty() ? "'none'" : answer.framed_by).append("\r\n");
}

}  // namespace

std::string_view Call::parameter(std::string_view name) const noexcept {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return {};
}

bool Call::is_given(std::string_view name) const noexcept {
  return std::any_of(query.begin(), query.end(), [name](const auto& each) { return each.first == name; });
}

bool Call::has_value(std::string_view name) const noexcept {
  return std::any_of(query.begin(), query.end(),
                     [name](const auto& each) { return each.first == name && !each.second.empty(); });
}

std::vector<std::pair<std::string, std::string>> read_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  if (query.empty()) return parameters;
  for (const auto part : text::split(query, '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const auto value = equals == std::string_view::npos ? std::string_view{} : part.substr(equals + 1);
    parameters.emplace_back(decode_form(part.substr(0, equals)), decode_form(value));
  }
  return parameters;
}

Answer problem(int status, std::string_view detail) {
  Answer answer;
  answer.status = status;
  answer.content_type = "application/problem+json";
  answer.body = http::problem_json(status, detail);
  return answer;
}

std::string serialise_head(const Answer& answer, bool keep_alive) {
  std::string head;
  head.reserve(512);
  http::append_status_line(head, answer.status);
  head.append("Content-Type: ").append(answer.content_type).append("\r\n");
  if (answer.stream) {
    head += "X-Accel-Buffering: no\r\n";
  } else if (answer.status != 304) {
    head += "Content-Length: ";
    text::append_number(head, static_cast<std::int64_t>(answer.content().size()));
    head += "\r\n";
  }
  head.append("Cache-Control: ").append(answer.cache_control).append("\r\n");
  head += "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n";
  append_policy(head, answer);
  head += answer.fields;
  if (!keep_alive) head += "Connection: close\r\n";
  return head += "\r\n";
}

}  // namespace cachearr::admin
