// The local authority's certificate, open to everybody: it is no secret, and whoever is to trust it needs it first.
#include "admin/calls.hpp"
#include "authority/leaf_cache.hpp"
#include "authority/public_files.hpp"

namespace cachearr::admin {

namespace {

Answer public_file(Instance& instance, std::string_view path, const Call& call) {
  const auto leaves = instance.snapshot()->leaves;
  if (!leaves)
    return problem(404,
                   "nothing is intercepted here, so there is no certificate (\"cachearr ca init\", then "
                   "\"cachearr reload\")");
  const auto base = "http://" + std::string{call.head->fields.value(http::FieldId::host)};
  auto file = authority::public_file(leaves->authority(), path, base);
  if (!file) return problem(500, "the certificate cannot be written in this form");
  Answer answer;
  answer.content_type = file->media_type;
  answer.body = std::move(file->content);
  if (!file->file_name.empty())
    answer.fields = "Content-Disposition: attachment; filename=\"" + std::string{file->file_name} + "\"\r\n";
  return answer;
}

}  // namespace

void add_authority_calls(Router& router, Instance& instance) {
  for (const std::string_view path : {"/ca", "/ca.pem", "/ca.crt", "/ca.cer", "/ca.p12", "/ca.mobileconfig"}) {
    auto handler = [&instance, path](const Call& call) { return public_file(instance, path, call); };
    CallDoc doc{
        .summary = "the local authority's certificate, or how to trust it", .answer = "*/*", .failures = {404, 500}};
    router.add({http::Method::get,
                std::string{path},
                {Access::open, Effect::none},
                std::move(handler),
                Runs::in_pool,
                std::move(doc)});
  }
}

}  // namespace cachearr::admin
