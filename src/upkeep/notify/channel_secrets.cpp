#include "upkeep/notify/channel_secrets.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "http/url.hpp"

namespace cachearr::upkeep {

namespace {

constexpr std::size_t kShortestSecret = 4;  // less is a word that stands in any text

/// The parts of an address that may be keys: userinfo, the path as a whole and in pieces, the query.
void add_parts(std::string_view url, std::vector<std::string>& secrets) {
  const auto parts = http::split_url(url);
  secrets.emplace_back(parts.tail);
  if (const auto userinfo = parts.userinfo()) {
    secrets.emplace_back(*userinfo);
    secrets.push_back(text::base64_encode(*userinfo));
    for (const auto part : text::split(*userinfo, ':')) secrets.emplace_back(part);
  }
  for (const auto segment : text::split(parts.path, '/')) secrets.emplace_back(segment);
  for (const auto pair : text::split(parts.query.value_or(""), '&'))
    secrets.emplace_back(pair.substr(std::min(pair.find('=') + 1, pair.size())));
}

std::vector<std::string> secrets_of(const NotificationConfig& channel) {
  std::vector<std::string> secrets{channel.token, channel.password};
  if (channel.type == ChannelType::pushover) secrets.push_back(channel.user);
  add_parts(channel.url, secrets);
  add_parts(channel.proxy, secrets);
  std::erase_if(secrets, [](const auto& secret) { return secret.size() < kShortestSecret; });
  const auto longer = [](const auto& a, const auto& b) { return a.size() > b.size(); };
  std::sort(secrets.begin(), secrets.end(), longer);
  return secrets;
}

}  // namespace

std::string shown_host(const std::string& url) { return std::string{http::split_url(url).host_port()}; }

std::string without_secrets(std::string text, const NotificationConfig& channel) {
  constexpr std::string_view hidden = "***";
  for (const auto& secret : secrets_of(channel))
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + hidden.size()))
      text.replace(at, secret.size(), hidden);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  std::replace_if(text.begin(), text.end(), is_control, ' ');
  return text;
}

}  // namespace cachearr::upkeep
