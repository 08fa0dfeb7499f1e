// What anybody may fetch about the local authority: its certificate in every form, and the page that says how to trust
// it.
#include "admin/calls.hpp"
#include "authority/leaf_cache.hpp"
#include "authority/public_files.hpp"

namespace cachearr::admin {

namespace {

Answer public_file(Instance& instance, const std::string& path, const Call& call) {
  const auto leaves = instance.regime().leaves;
  if (!leaves)
    return problem(404, "nothing is intercepted: there is no authority yet (cachearr ca init), or interception is off");
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

void add_public_calls(Router& router, Instance& instance) {
  for (const std::string path : {"/ca", "/ca.pem", "/ca.crt", "/ca.cer", "/ca.p12", "/ca.mobileconfig"})
    router.add({http::Method::get, path, {Access::open, Effect::none}, [&instance, path](const Call& call) {
                  return public_file(instance, path, call);
                }});
}

}  // namespace cachearr::admin
