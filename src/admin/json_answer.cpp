#include <nlohmann/json.hpp>

#include "admin/calls.hpp"

namespace cachearr::admin {

Answer json_answer(const nlohmann::ordered_json& data, int status) {
  Answer answer;
  answer.status = status;
  answer.body = data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return answer;
}

}  // namespace cachearr::admin
