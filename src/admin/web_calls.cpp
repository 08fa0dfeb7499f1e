// The page for people at / and its files: open to everybody, as they hold no data.
#include <algorithm>

#include "admin/calls.hpp"
#include "admin/web_assets.hpp"
#include "content/coding.hpp"
#include "content/decoder.hpp"
#include "http/conditions.hpp"

namespace cachearr::admin {

namespace {

using http::FieldId;

const WebAsset* asset_named(std::string_view name) {
  const auto assets = web_assets();
  const auto found = std::find_if(assets.begin(), assets.end(), [name](const auto& each) { return each.name == name; });
  return found == assets.end() ? nullptr : &*found;
}

Answer web_file(std::string_view name, const Call& call) {
  const auto* const asset = asset_named(name);
  if (!asset) return problem(404, web_assets().empty() ? "built without the page" : "the page has no such file");
  Answer answer;
  answer.content_type = asset->content_type;
  answer.cache_control = "no-cache";
  answer.fields = "ETag: " + std::string{asset->etag} + "\r\nVary: Accept-Encoding\r\n";
  const http::Validators validators{asset->etag, {}, {}};
  if (http::evaluate(*call.head, validators) == http::Precondition::not_modified) {
    answer.status = 304;
  } else if (content::accepts(call.head->fields.value(FieldId::accept_encoding), content::Coding::gzip)) {
    answer.fields += "Content-Encoding: gzip\r\n";
    answer.body = asset->gzip;
  } else {
    answer.body = content::decode("gzip", asset->gzip).value_or("");
  }
  return answer;
}

Answer page(const Instance& instance, const Call& call) {
  auto answer = web_file("index.html", call);
  for (const auto& ancestor : instance.snapshot()->settings->config.admin.frame_ancestors)
    answer.framed_by.append(answer.framed_by.empty() ? "" : " ").append(ancestor);
  return answer;
}

}  // namespace

void add_web_calls(Router& router, Instance& instance) {
  constexpr Needs open{Access::open, Effect::none};
  router.add({http::Method::get,
              "/",
              open,
              [&instance](const Call& call) { return page(instance, call); },
              Runs::on_loop,
              {.summary = "the page for people", .answer = "text/html; charset=utf-8", .failures = {404}}});
  router.add({http::Method::get,
              "/web/{}",
              open,
              [](const Call& call) { return web_file(call.captures.front(), call); },
              Runs::on_loop,
              {.summary = "a file of the page", .answer = "*/*", .failures = {404}, .captures = {"file"}}});
}

}  // namespace cachearr::admin
