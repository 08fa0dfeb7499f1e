// Calls by which a browser logs in at the page and out again.
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/login.hpp"
#include "admin/request_json.hpp"
#include "base/text.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using http::FieldId;
using Proof = Login::Proof;

const AdminConfig& admin_of(const pipeline::SnapshotPtr& snapshot) { return snapshot->settings->config.admin; }

/// A proxy before us speaks TLS with the browser.
bool came_by_tls(const Call& call) {
  const auto* const scheme = call.head->fields.find("X-Forwarded-Proto");
  return scheme && text::iequals(text::trim(scheme->value), "https");
}

Answer with_session(Instance& instance, const Call& call, std::string_view session) {
  auto answer = json_answer({{"loggedIn", !session.empty()}});
  answer.fields = session_cookie(session, admin_of(instance.snapshot()).url_base + "/", came_by_tls(call));
  return answer;
}

Answer refuse_guess(const std::chrono::seconds& pause) {
  auto answer = problem(429, "too many attempts; try again in " + std::to_string(pause.count()) + " s");
  answer.fields = "Retry-After: " + std::to_string(pause.count()) + "\r\n";
  return answer;
}

/// The text of exactly one of the two members.
std::string member(const nlohmann::json& data, const char* name) {
  return data.contains(name) && data[name].is_string() ? data[name].get<std::string>() : std::string{};
}

Answer log_in(Instance& instance, Login& login, const Call& call) {
  const auto data = read_object(call);
  if (!data) return data.error();
  const auto secret = member(*data, "secret");
  const auto link = member(*data, "link");
  if (secret.empty() == link.empty()) return problem(400, "give \"secret\" (the API key or the password) or \"link\"");
  if (const auto pause = login.pause_of(call.peer)) return refuse_guess(*pause);
  const auto snapshot = instance.snapshot();
  const auto& password = admin_of(snapshot).password;
  const auto proof = !secret.empty() ? login.prove(secret, password) : login.take_link(link) ? Proof::key : Proof::none;
  if (proof != Proof::none) return with_session(instance, call, login.open(proof, password));
  login.count_failure(call.peer);
  return problem(401, secret.empty() ? "this link was used, or is older than ten minutes"
                                     : "this is neither the API key nor the password");
}

Answer log_out(Instance& instance, Login& login, const Call& call) {
  const auto session = session_in(call.head->fields.value(FieldId::cookie));
  if (login.is_open(session, admin_of(instance.snapshot()).password)) login.close(session);
  return with_session(instance, call, "");
}

Answer make_link(Instance& instance, Login& login) {
  const auto path = admin_of(instance.snapshot()).url_base + "/#/enter/" + login.make_link();
  return json_answer({{"path", path}, {"expiresIn", std::chrono::seconds{Login::kLink}.count()}});
}

}  // namespace

void add_login_calls(Router& router, Instance& instance, Login& login) {
  using http::Method;
  router.add({Method::post,
              "/api/v1/login",
              {Access::open, Effect::json},
              [&](const Call& call) { return log_in(instance, login, call); },
              Runs::on_loop,
              {.summary = "open a session of the page: its cookie",
               .answer = "Session",
               .body = "Credentials",
               .failures = {401, 429}}});
  router.add({Method::post,
              "/api/v1/logout",
              {Access::key, Effect::json},
              [&](const Call& call) { return log_out(instance, login, call); },
              Runs::on_loop,
              {.summary = "end the session", .answer = "Session", .body = "Nothing"}});
  router.add({Method::post,
              "/api/v1/login/link",
              {Access::key, Effect::json},
              [&](const Call&) { return make_link(instance, login); },
              Runs::on_loop,
              {.summary = "a link to the page that logs in once", .answer = "LoginLink", .body = "Nothing"}});
}

}  // namespace cachearr::admin
