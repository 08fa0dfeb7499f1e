#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/cli/command.hpp"
#include "app/exit_code.hpp"
#include "base/text.hpp"

namespace cachearr::app {
namespace {

struct ExplainArguments {
  std::string url;
  std::string method = "GET";
  std::vector<std::string> headers;
};

std::string target_of(const ExplainArguments& arguments) {
  auto target = "/api/v1/explain?url=" + text::percent_encode(arguments.url) +
                "&method=" + text::percent_encode(arguments.method);
  for (const auto& header : arguments.headers) target += "&header=" + text::percent_encode(header);
  return target;
}

std::string trouble_with_header(const std::string& header) {
  const auto colon = header.find(':');
  return colon == 0 || colon == std::string::npos ? "'NAME: VALUE' is expected, not '" + header + "'" : std::string{};
}

int explain(const Invocation& invocation, const ExplainArguments& arguments) {
  AdminRequest request;
  request.target = target_of(arguments);
  const auto answer = ask_instance(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  if (answer->status != 200) return fail(invocation, reason_of(*answer));
  const auto data = nlohmann::ordered_json::parse(answer->body, nullptr, false);
  if (data.is_discarded()) return fail(invocation, "the running instance answered with something that is no JSON");
  if (invocation.json) {
    invocation.env.out << data.dump(2) << '\n';
  } else {
    print_plain(invocation.env.out, data);
  }
  return exit_ok;
}

}  // namespace

void add_explain(const Command& program, Invocation& invocation) {
  const auto command = program.command("explain", "Ask the running instance what it would do with a request, and why");
  const auto arguments = std::make_shared<ExplainArguments>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("url", arguments->url, "The URL, as a client asks for it").required();
  command.option("-X,--method", arguments->method, "The method (default: GET)").type_name("METHOD");
  command.option("-H,--header", arguments->headers, "A header field of the request; may be repeated")
      .type_name("'NAME: VALUE'")
      .one_at_a_time()
      .check(trouble_with_header);
  command.on_parsed([&invocation, arguments] {
    invocation.run = on_instance(invocation, [&invocation, arguments] { return explain(invocation, *arguments); });
  });
}

}  // namespace cachearr::app
