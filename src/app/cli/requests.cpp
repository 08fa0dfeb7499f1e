// The command that shows what was asked: requests.
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/cli/command.hpp"
#include "app/cli/event_reader.hpp"
#include "app/cli/event_stream.hpp"
#include "app/cli/key_request.hpp"
#include "app/cli/request_table.hpp"
#include "app/exit_code.hpp"
#include "app/state_files.hpp"
#include "base/text.hpp"
#include "metrics/metrics.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t usual_rows = 50;
constexpr std::size_t rows_before_following = 10;
constexpr std::chrono::seconds try_again_after{1};

struct RequestArguments {
  std::string upstream, result, client, text;
  std::size_t limit = 0;  // 0: the usual
  bool follow = false;
};

std::vector<std::string> result_names() {
  using metrics::RequestResult;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < static_cast<std::size_t>(RequestResult::count); ++i)
    names.emplace_back(metrics::name_of(static_cast<RequestResult>(i)));
  return names;
}

/// "&upstream=tmdb&result=miss"
std::string parameters_of(const RequestArguments& arguments) {
  std::string parameters;
  const auto add = [&parameters](const char* name, const std::string& value) {
    if (!value.empty()) parameters += std::string{"&"} + name + "=" + text::percent_encode(value);
  };
  add("upstream", arguments.upstream);
  add("result", arguments.result);
  add("client", arguments.client);
  add("text", arguments.text);
  return parameters;
}

Result<Json> last_requests(const Invocation& invocation, const RequestArguments& arguments) {
  const auto usual = arguments.follow ? rows_before_following : usual_rows;
  AdminRequest request;
  request.target = "/api/v1/requests?limit=" + std::to_string(arguments.limit == 0 ? usual : arguments.limit) +
                   parameters_of(arguments);
  auto answer = ask_for_json(invocation, request);
  if (!answer.ok()) return answer.error();
  return std::move((*answer)["requests"]);
}

/// One request after the other, as rows or as one JSON object a line.
class Printer {
 public:
  explicit Printer(const Invocation& invocation) : invocation_{invocation}, colours_{invocation.env.shows_colours()} {}

  void head() {
    if (!invocation_.json) invocation_.env.out << request_table_head() << '\n';
  }
  void request(const Json& request) {
    auto& out = invocation_.env.out;
    if (invocation_.json) {
      out << request.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    } else {
      out << request_row(request, colours_) << '\n';
    }
  }
  void event(const StreamEvent& event) {
    const auto data = Json::parse(event.data, nullptr, false);
    if (!data.is_object()) return;
    if (event.name == "request") request(data);
    if (event.name != "dropped") return;
    const auto missed = data.value("requests", Json{});
    invocation_.env.err << "cachearr: " << (missed.is_number() ? missed.dump() : std::string{"some"})
                        << " requests came faster than they could be shown\n";
  }

 private:
  const Invocation& invocation_;
  bool colours_;
};

int show(const Invocation& invocation, const RequestArguments& arguments) {
  const auto requests = last_requests(invocation, arguments);
  if (!requests.ok()) return fail(invocation, requests.error().what);
  if (invocation.json) {
    invocation.env.out << requests->dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    return exit_ok;
  }
  Printer printer{invocation};
  printer.head();
  for (auto at = requests->rbegin(); at != requests->rend(); ++at) printer.request(*at);
  return exit_ok;
}

std::string stream_target(const RequestArguments& arguments, const std::string& last_id) {
  return "/api/v1/events?last_event_id=" + last_id + parameters_of(arguments);
}

/// Goes on behind the last request that was shown, whatever becomes of the connection, until a signal comes.
int go_on(const Invocation& invocation, const RequestArguments& arguments, const std::string& last_id) {
  EventStream stream{admin_socket_path(configuration_of(invocation).config.state_dir)};
  Printer printer{invocation};
  EventReader reader;
  bool told = false;
  do {
    reader.start_again();
    const auto target = stream_target(arguments, reader.last_id().empty() ? last_id : reader.last_id());
    const auto ended = stream.follow(target, [&](std::string_view piece) {
      told = false;
      reader.read(piece, [&](const StreamEvent& event) { printer.event(event); });
      invocation.env.out.flush();
    });
    if (ended.end == EventStream::End::stopped) return exit_ok;
    if (!told)
      fail(invocation,
           ended.end == EventStream::End::refused ? ended.why : "the running instance has gone; waiting for it");
    told = true;
  } while (stream.wait(try_again_after));
  return exit_ok;
}

int follow(const Invocation& invocation, const RequestArguments& arguments) {
  const auto requests = last_requests(invocation, arguments);
  if (!requests.ok()) return fail(invocation, requests.error().what);
  Printer printer{invocation};
  printer.head();
  for (auto at = requests->rbegin(); at != requests->rend(); ++at) printer.request(*at);
  invocation.env.out.flush();
  return go_on(invocation, arguments, requests->empty() ? std::string{} : requests->front().value("id", ""));
}

}  // namespace

void add_requests(const Command& program, Invocation& invocation) {
  const auto command = program.command("requests", "Show the last requests and how they were decided");
  const auto arguments = std::make_shared<RequestArguments>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.flag("-f,--follow", arguments->follow, "Go on with requests as they end, until Ctrl-C");
  command.option("--upstream", arguments->upstream, "Only those for this upstream");
  command.option("--result", arguments->result, "Only those that ended so").one_of(result_names());
  command.option("--client", arguments->client, "Only those of this address, or with this in their user agent");
  command.option("--text", arguments->text, "Only those with this in their URL, key, rule or error");
  command.option("--limit", arguments->limit, "At most so many (default: 50; with -f the last 10 to begin with)")
      .type_name("N")
      .check(trouble_with_number);
  command.on_parsed([&invocation, arguments] {
    invocation.run = on_instance(invocation, [&invocation, arguments] {
      return arguments->follow ? follow(invocation, *arguments) : show(invocation, *arguments);
    });
  });
}

}  // namespace cachearr::app
