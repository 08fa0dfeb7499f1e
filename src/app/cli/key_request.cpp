#include "app/cli/key_request.hpp"

#include "base/text.hpp"

namespace cachearr::app {

std::string path_of_key(const std::string& key) { return "/api/v1/keys/" + text::percent_encode(key); }

Result<nlohmann::ordered_json> ask_for_json(const Invocation& invocation, const AdminRequest& request) {
  const auto answer = ask_instance(invocation, request);
  if (!answer.ok()) return answer.error();
  if (answer->status < 200 || answer->status > 299) return Error{reason_of(*answer)};
  auto data = nlohmann::ordered_json::parse(answer->body, nullptr, false);
  if (!data.is_object()) return Error{"the running instance answered with something that is no JSON object"};
  return data;
}

}  // namespace cachearr::app
