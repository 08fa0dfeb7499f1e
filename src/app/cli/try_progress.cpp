#include "app/cli/try_progress.hpp"

#include <nlohmann/json.hpp>

#include "app/cli/command.hpp"

namespace cachearr::app {
namespace {

std::string word_in(const nlohmann::ordered_json& request, const char* name) {
  return request.is_object() && request.contains(name) ? shown(request[name]) : std::string{"-"};
}

std::string request_line(const nlohmann::ordered_json& request) {
  return word_in(request, "method") + " " + word_in(request, "url") + " (" + word_in(request, "result") + ")";
}

}  // namespace

std::vector<std::string> TryProgress::saw(const nlohmann::ordered_json& request) {
  std::vector<std::string> news;
  const bool tunnel = word_in(request, "way") == "tunnel";
  const auto result = word_in(request, "result");
  if (!arrived_) news.push_back("its requests arrive: " + request_line(request));
  arrived_ = true;
  if (!tunnel && !seen_inside_) news.push_back("they can be cached: " + request_line(request));
  seen_inside_ = seen_inside_ || !tunnel;
  only_tunnels_ = !seen_inside_;
  const bool is_hit = result == "hit" || result == "stale";
  if (is_hit && !hit_) news.push_back("the cache answers: " + request_line(request));
  hit_ = hit_ || is_hit;
  return news;
}

std::string TryProgress::missing() const {
  if (!arrived_)
    return "nothing of it has come: check host and port there, whether it was started again, and \"cachearr doctor\"";
  if (only_tunnels_)
    return "its https passes by unseen: let it trust the local authority (cachearr ca trust-help), or use a base URL";
  if (!hit_) return "nothing was asked twice yet: let it do the same again";
  return {};
}

}  // namespace cachearr::app
