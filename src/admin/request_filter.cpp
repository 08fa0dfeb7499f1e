#include "admin/request_filter.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace cachearr::admin {

using client::RecordedRequest;
using client::ShownTexts;
using metrics::RequestResult;

namespace {

constexpr auto kResults = static_cast<std::size_t>(RequestResult::count);

std::optional<RequestResult> result_named(std::string_view name) {
  for (std::size_t i = 0; i < kResults; ++i)
    if (metrics::name_of(static_cast<RequestResult>(i)) == name) return static_cast<RequestResult>(i);
  return std::nullopt;
}

std::string all_results() {
  std::string names;
  for (std::size_t i = 0; i < kResults; ++i)
    names.append(i == 0              ? ""
                 : i + 1 == kResults ? " or "
                                     : ", ")
        .append(metrics::name_of(static_cast<RequestResult>(i)));
  return names;
}

bool is_from(const RecordedRequest& request, const std::string& client) {
  return text::icontains(request.texts[ShownTexts::user_agent], client) ||
         ip::to_string(request.facts.client) == client;
}

bool speaks_of(const ShownTexts& texts, const std::string& words) {
  constexpr std::array fields{ShownTexts::url, ShownTexts::key, ShownTexts::rule, ShownTexts::error};
  return std::any_of(fields.begin(), fields.end(),
                     [&](ShownTexts::Field field) { return text::icontains(texts[field], words); });
}

}  // namespace

Result<RequestFilter, Answer> read_filter(const Call& call) {
  RequestFilter filter;
  filter.upstream = call.parameter("upstream");
  filter.client = text::to_lower(call.parameter("client"));
  filter.text = text::to_lower(call.parameter("text"));
  if (const auto name = call.parameter("result"); !name.empty()) {
    filter.result = result_named(name);
    if (!filter.result) return problem(400, "result is " + all_results());
  }
  return filter;
}

bool matches(const RequestFilter& filter, const RecordedRequest& request) {
  const auto& texts = request.texts;
  return (!filter.result || request.facts.result == *filter.result) &&
         (filter.upstream.empty() || texts[ShownTexts::upstream] == filter.upstream) &&
         (filter.client.empty() || is_from(request, filter.client)) &&
         (filter.text.empty() || speaks_of(texts, filter.text));
}

}  // namespace cachearr::admin
