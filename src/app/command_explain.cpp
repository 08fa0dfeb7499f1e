#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/command.hpp"
#include "app/exit_code.hpp"
#include "base/text.hpp"

namespace cachearr::app {
namespace {

struct Question {
  std::string url;
  std::string method = "GET";
  std::vector<std::string> headers;
};

std::string target_of(const Question& question) {
  auto target =
      "/api/v1/explain?url=" + text::percent_encode(question.url) + "&method=" + text::percent_encode(question.method);
  for (const auto& header : question.headers) target += "&header=" + text::percent_encode(header);
  return target;
}

std::string trouble_with_header(const std::string& header) {
  const auto colon = header.find(':');
  return colon == 0 || colon == std::string::npos ? "'NAME: VALUE' is expected, not '" + header + "'" : std::string{};
}

int explain(const Invocation& invocation, const Question& question) {
  AdminRequest request;
  request.target = target_of(question);
  const auto answer = ask_instance(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  if (answer->status != 200) return fail(invocation, reason_of(*answer));
  const auto data = nlohmann::ordered_json::parse(answer->body, nullptr, false);
  if (data.is_discarded()) return fail(invocation, "the running instance answered with something that is no JSON");
  if (invocation.json) {
    invocation.shell.out << data.dump(2) << '\n';
  } else {
    print_plain(invocation.shell.out, data);
  }
  return exit_ok;
}

}  // namespace

void add_explain(const Command& program, Invocation& invocation) {
  const auto command = program.command("explain", "Ask the running instance what it would do with a request, and why");
  const auto question = std::make_shared<Question>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("url", question->url, "The URL, as a client asks for it").required();
  command.option("-X,--method", question->method, "The method (default: GET)").type_name("METHOD");
  command.option("-H,--header", question->headers, "A header field of the request; may be repeated")
      .type_name("'NAME: VALUE'")
      .one_at_a_time()
      .check(trouble_with_header);
  command.on_parsed(
      [&invocation, question] { invocation.run = [&invocation, question] { return explain(invocation, *question); }; });
}

}  // namespace cachearr::app
