// The command that points one application here, step by step, and ticks when its requests come: try.
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/cli/applications.hpp"
#include "app/cli/command.hpp"
#include "app/cli/event_reader.hpp"
#include "app/cli/event_stream.hpp"
#include "app/cli/try_progress.hpp"
#include "app/exit_code.hpp"
#include "app/state_files.hpp"
#include "base/iso_time.hpp"
#include "http/target.hpp"
#include "http/url.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds kTryAgainAfter{1};

struct TryArguments {
  std::string application, url;
  bool no_wait = false;
};

std::vector<std::string> application_ids() {
  std::vector<std::string> ids;
  for (const auto& each : applications({})) ids.emplace_back(each.id);
  return ids;
}

/// The first listener that is a plain proxy, by a name that other machines may use.
ProxyPlace own_place(const Config& config) {
  for (const auto& listener : config.listeners) {
    const auto parts = http::parse_host_port(listener.address);
    if (listener.tls || !listener.upstream.empty() || !parts) continue;
    const bool anywhere = parts->host.empty() || parts->host == "0.0.0.0" || parts->host == "::";
    return {anywhere ? "CACHEARR-HOST" : parts->host, std::to_string(parts->port), false};
  }
  return {"CACHEARR-HOST", "9797", false};
}

Result<ProxyPlace> place_of(const Config& config, const std::string& url) {
  if (url.empty()) return own_place(config);
  const auto parts = http::split_url(url);
  const auto host = http::parse_host_port(parts.host_port());
  if (!parts.is_absolute() || !host || host->port == 0)
    return Error{"--url is the proxy as the application reaches it: http://HOST:PORT"};
  return ProxyPlace{host->host, std::to_string(host->port), false};
}

void print_application(const Invocation& invocation, const Application& application) {
  auto& out = invocation.env.out;
  out << application.name << "\n\n";
  int number = 0;
  for (const auto& step : application.steps) out << "  " << ++number << ". " << step << '\n';
  out << "  " << ++number << ". Have it ask for something: " << application.then << "\n\n";
}

/// Empty where there is none.
std::string agent_in(const Json& json) {
  const auto agent = json.value("userAgent", Json{});
  return agent.is_string() ? agent.get<std::string>() : std::string{};
}

/// What the instance says to a call; null where it says nothing.
Json told(const Invocation& invocation, const std::string& target) {
  AdminRequest request;
  request.target = target;
  const auto answer = ask_instance(invocation, request);
  return answer.ok() ? Json::parse(answer->body, nullptr, false) : Json{};
}

void look_at_clients(const Json& told, const Application& application, const std::string& began,
                     TryProgress& progress) {
  if (!told.is_object()) return;
  for (const auto& client : told.value("clients", Json::array())) {
    // Times of this form are in order as text is.
    const bool is_new = client.value("lastSeen", std::string{}) >= began;
    if (is_new && is_of(application, agent_in(client)) && client.value("trustsAuthority", Json{}) == false)
      progress.saw_distrust(client.value("address", std::string{}));
  }
}

void look_at_notes(const Json& told, TryProgress& progress) {
  if (!told.is_array()) return;
  for (const auto& note : told)
    if (note.value("source", std::string{}) == "Interception" && note.value("type", std::string{}) == "notice")
      progress.saw_refusal(note.value("message", std::string{}));
}

/// A connection that its client ends for the authority's sake is no request, and does not come by the live stream.
void look_for_distrust(const Invocation& invocation, const Application& application, const std::string& began,
                       TryProgress& progress) {
  look_at_clients(told(invocation, "/api/v1/clients"), application, began, progress);
  look_at_notes(told(invocation, "/api/v1/health"), progress);
}

/// Ticks what the requests of the application show, until all of it was seen or the user has enough.
int wait_for(const Invocation& invocation, const Config& config, const Application& application) {
  auto& out = invocation.env.out;
  EventStream stream{admin_socket_path(config.state_dir)};
  EventReader reader;
  TryProgress progress;
  const auto began = iso_time(SystemClock{}.now());
  out << "Waiting for its requests, until Ctrl-C...\n" << std::flush;
  const auto take = [&](const StreamEvent& event) {
    const auto request = event.name == "request" ? Json::parse(event.data, nullptr, false) : Json{};
    if (!request.is_object() || !is_of(application, agent_in(request))) return;
    for (const auto& line : progress.saw(request)) out << "  [x] " << line << '\n' << std::flush;
    if (progress.is_complete()) stream.stop();
  };
  do {
    reader.start_again();
    const auto target = "/api/v1/events?last_event_id=" + reader.last_id();
    const auto ended = stream.follow(target, [&](std::string_view piece) { reader.read(piece, take); });
    if (ended.end == EventStream::End::stopped) break;
    if (ended.end == EventStream::End::not_there)
      return fail(invocation, "no instance is running with this configuration; start one with `cachearr serve`");
    if (ended.end == EventStream::End::refused) return fail(invocation, ended.why);
  } while (stream.wait(kTryAgainAfter));
  if (progress.is_complete()) return exit_ok;
  look_for_distrust(invocation, application, began, progress);
  out << "  [ ] " << progress.missing() << '\n';
  return progress.has_begun() ? exit_ok : exit_no;
}

int try_out(const Invocation& invocation, const TryArguments& arguments) {
  const auto& config = configuration_of(invocation).config;
  auto place = place_of(config, arguments.url);
  if (!place) {
    fail(invocation, place.error().what);
    return exit_usage;
  }
  place->wants_password = !config.access.basic_user.empty();
  for (const auto& application : applications(*place)) {
    if (application.id != arguments.application) continue;
    print_application(invocation, application);
    return arguments.no_wait ? exit_ok : wait_for(invocation, config, application);
  }
  return exit_usage;
}

}  // namespace

void add_try(const Command& program, Invocation& invocation) {
  const auto command =
      program.command("try", "Say how one application is pointed here, and tick when its requests come");
  const auto arguments = std::make_shared<TryArguments>();
  add_config_option(command, invocation);
  command.option("application", arguments->application, "Which one")
      .required()
      .type_name("APP")
      .one_of(application_ids());
  command.option("--url", arguments->url, "This proxy as the application reaches it (default: the first listener)")
      .type_name("http://HOST:PORT");
  command.flag("--no-wait", arguments->no_wait, "Only print the steps");
  command.on_parsed([&invocation, arguments] {
    invocation.run = on_instance(invocation, [&invocation, arguments] { return try_out(invocation, *arguments); });
  });
}

}  // namespace cachearr::app
