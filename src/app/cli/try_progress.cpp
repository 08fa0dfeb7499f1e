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

/// "407: this proxy wants a user and a password"
std::string failure_of(const nlohmann::ordered_json& request) {
  const auto why = word_in(request, "error");
  return word_in(request, "status") + (why == "-" ? std::string{} : ": " + why);
}

std::string advice_for(const std::string& failure) {
  if (failure.starts_with("407")) return "give it the user and the password of \"access.basic_auth\"";
  return "\"cachearr requests\" and \"cachearr doctor\" tell more";
}

}  // namespace

std::vector<std::string> TryProgress::saw(const nlohmann::ordered_json& request) {
  std::vector<std::string> news;
  const auto result = word_in(request, "result");
  if (result == "error") {
    const auto failure = failure_of(request);
    if (failure != failure_)
      news.push_back("a request arrives, but is not served: " + request_line(request) + ", " + failure);
    failure_ = failure;
    return news;
  }
  const bool is_tunnel = word_in(request, "way") == "tunnel", is_passed = result == "bypass";
  if (!has_begun()) news.push_back("its requests arrive: " + request_line(request));
  tunnelled_ = tunnelled_ || is_tunnel;
  passed_ = passed_ || (!is_tunnel && is_passed);
  if (is_tunnel || is_passed) return news;
  if (!cacheable_) news.push_back("they can be cached: " + request_line(request));
  cacheable_ = true;
  const bool is_hit = result == "hit" || result == "stale";
  if (is_hit && !hit_) news.push_back("the cache answers: " + request_line(request));
  hit_ = hit_ || is_hit;
  return news;
}

std::string TryProgress::missing() const {
  if (hit_) return {};
  if (cacheable_) return "nothing was asked twice yet: let it do the same again";
  if (!distrusting_.empty())
    return "it came from " + distrusting_ +
           ", and does not trust the local authority: let it (cachearr ca trust-help), then cachearr reload";
  if (tunnelled_)
    return "its https passes by unseen: let it trust the local authority (cachearr ca trust-help), or use a base URL";
  if (passed_) return "nothing that came can be cached: let it ask for something else (cachearr explain URL says why)";
  if (!failure_.empty()) return "what came was not served (" + failure_ + "): " + advice_for(failure_);
  if (!refusal_.empty()) return "no request of it has come, but it may be this one: " + refusal_;
  return "nothing of it has come: check host and port there, whether it was started again, and \"cachearr doctor\"";
}

}  // namespace cachearr::app
