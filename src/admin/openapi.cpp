#include "admin/openapi.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "http/status.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using http::Method;

std::string_view name_of(Method method) {
  switch (method) {
    case Method::post: return "post";
    case Method::put: return "put";
    case Method::delete_: return "delete";
    default: return "get";
  }
}

bool takes_body(Method method) noexcept { return method == Method::post || method == Method::put; }

/// "/keys/{}/ttl" with the names of its captures in place.
std::string path_of(const Route& route) {
  std::string path;
  std::size_t capture = 0;
  for (std::size_t i = 0; i < route.pattern.size(); ++i) {
    path += route.pattern[i];
    if (route.pattern[i] == '{') path += route.doc.captures.at(capture++);
  }
  return path;
}

/// "get /api/v1/keys/{}/ttl" as "getApiV1KeysKeyTtl".
std::string operation_id(const Route& route, const std::string& path) {
  std::string id{name_of(route.method)};
  bool upper = true;
  for (const char c : path) {
    const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (letter) id += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = !letter;
  }
  return id;
}

/// `what` names a schema, or is a media type.
Json content_of(std::string_view what) {
  if (what.find('/') != std::string_view::npos) return {{std::string{what}, {{"schema", {{"type", "string"}}}}}};
  return {{"application/json", {{"schema", {{"$ref", "#/components/schemas/" + std::string{what}}}}}}};
}

Json parameters_of(const Route& route) {
  Json list = Json::array();
  const auto add = [&](std::string_view name, std::string_view where, bool required, std::string_view meaning) {
    Json parameter = {{"name", name}, {"in", where}, {"required", required}, {"schema", {{"type", "string"}}}};
    if (!meaning.empty()) parameter["description"] = meaning;
    list.push_back(std::move(parameter));
  };
  const auto captures = std::count(route.pattern.begin(), route.pattern.end(), '{');
  for (std::size_t i = 0; i < static_cast<std::size_t>(captures); ++i)
    add(route.doc.captures.at(i), "path", true, "percent-encoded");
  for (const auto& [name, meaning, required] : route.doc.parameters) add(name, "query", required, meaning);
  return list;
}

std::set<int> failures_of(const Route& route) {
  std::set<int> statuses{route.doc.failures.begin(), route.doc.failures.end()};
  statuses.insert(421);
  if (route.needs.access != Access::open) statuses.insert(401);
  if (!route.doc.parameters.empty() || !route.doc.body.empty()) statuses.insert(400);
  if (route.needs.effect != Effect::none) statuses.insert({403, 413});
  if (route.needs.effect == Effect::json) statuses.insert(415);
  if (route.runs == Runs::in_pool) statuses.insert(503);
  return statuses;
}

Json responses_of(const Route& route) {
  Json responses = Json::object();
  for (const int status : route.doc.successes)
    responses[std::to_string(status)] = {{"description", http::reason_phrase(status)},
                                         {"content", content_of(route.doc.answer)}};
  for (const int status : failures_of(route))
    responses[std::to_string(status)] = {
        {"description", http::reason_phrase(status)},
        {"content", {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
  return responses;
}

/// One of these security schemes is enough.
Json any_of(std::initializer_list<const char*> schemes) {
  Json list = Json::array();
  for (const auto* const scheme : schemes) list.push_back({{scheme, Json::array()}});
  return list;
}

Json operation_of(const Route& route, const std::string& path) {
  Json operation = {{"operationId", operation_id(route, path)}, {"summary", route.doc.summary}};
  if (auto parameters = parameters_of(route); !parameters.empty()) operation["parameters"] = std::move(parameters);
  if (takes_body(route.method) && !route.doc.body.empty())
    operation["requestBody"] = {{"required", true}, {"content", content_of(route.doc.body)}};
  operation["responses"] = responses_of(route);
  if (route.needs.access == Access::open) operation["security"] = Json::array();
  if (route.needs.access == Access::key_or_password)
    operation["security"] = any_of({"header", "query", "bearer", "basic"});
  return operation;
}

Json security_schemes() {
  return {{"header", {{"type", "apiKey"}, {"in", "header"}, {"name", "X-Api-Key"}}},
          {"query", {{"type", "apiKey"}, {"in", "query"}, {"name", "apikey"}}},
          {"bearer", {{"type", "http"}, {"scheme", "bearer"}}},
          {"basic", {{"type", "http"}, {"scheme", "basic"}}}};
}

}  // namespace

Json openapi(std::span<const Route> routes, const std::string& base) {
  Json paths = Json::object();
  for (const auto& route : routes) {
    const auto path = path_of(route);
    paths[path][std::string{name_of(route.method)}] = operation_of(route, path);
  }
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "cachearr"},
            {"version", CACHEARR_VERSION},
            {"description", "The admin API of a caching proxy for media managers."},
            {"license", {{"name", "MIT"}, {"identifier", "MIT"}}}}},
          {"servers", Json::array({{{"url", base + "/"}}})},
          {"security", any_of({"header", "query", "bearer"})},
          {"paths", std::move(paths)},
          {"components", {{"schemas", Json::parse(openapi_schemas())}, {"securitySchemes", security_schemes()}}}};
}

}  // namespace cachearr::admin
