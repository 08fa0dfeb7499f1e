#include "shared/server_address.hpp"

#include <optional>

#include "base/text.hpp"

namespace cachearr::shared {

namespace {

constexpr std::uint64_t kMostDatabase = 65'535;

Error wrong_address(std::string_view how) { return Error{"the URL of the shared tier " + std::string{how}}; }

void take_user(std::string_view user_info, ServerAddress& into) {
  const auto colon = user_info.find(':');
  into.user = text::percent_decode(user_info.substr(0, colon));
  if (colon != std::string_view::npos) into.password = text::percent_decode(user_info.substr(colon + 1));
}

std::optional<ServerHost> to_server_host(std::string_view text) {
  ServerHost host;
  const auto closing = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  const auto colon = text.find(':', closing == std::string_view::npos ? 0 : closing);
  host.name = text.substr(0, colon);
  if (closing != std::string_view::npos) host.name = text.substr(1, closing - 1);
  if (colon != std::string_view::npos) {
    const auto port = text::parse_unsigned(text.substr(colon + 1));
    if (!port || *port == 0 || *port > 65'535) return std::nullopt;
    host.port = static_cast<std::uint16_t>(*port);
  }
  if (host.name.empty() || host.name.find(':') != std::string::npos) {
    if (closing == std::string_view::npos) return std::nullopt;
  }
  return host;
}

std::optional<Error> take_query(std::string_view query, ServerAddress& into) {
  while (!query.empty()) {
    const auto part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    const auto name = part.substr(0, part.find('='));
    const auto value = name.size() < part.size() ? part.substr(name.size() + 1) : std::string_view{};
    if (name == "master" && into.socket_path.empty() && !value.empty()) {
      into.master = text::percent_decode(value);
    } else if (const auto number = text::parse_unsigned(value);
               name == "db" && !into.socket_path.empty() && number && *number <= kMostDatabase) {
      into.database = static_cast<std::uint32_t>(*number);
    } else {
      return wrong_address("has a parameter that is none of master=NAME and db=NUMBER");
    }
  }
  return std::nullopt;
}

std::optional<Error> take_hosts(std::string_view list, ServerAddress& into) {
  if (list.empty()) list = "127.0.0.1";
  while (!list.empty()) {
    const auto part = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), part.size() + 1));
    auto host = to_server_host(part);
    if (!host) return wrong_address("names something that is no HOST or HOST:PORT");
    into.hosts.push_back(std::move(*host));
  }
  return std::nullopt;
}

}  // namespace

std::string ServerAddress::shown() const {
  if (!socket_path.empty()) return "unix://" + socket_path;
  std::string text = tls ? "rediss://" : "redis://";
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const bool is_v6 = hosts[i].name.find(':') != std::string::npos;
    text +=
        (i > 0 ? "," : "") + (is_v6 ? "[" + hosts[i].name + "]" : hosts[i].name) + ":" + std::to_string(hosts[i].port);
  }
  if (database != 0) text += "/" + std::to_string(database);
  if (!master.empty()) text += "?master=" + master;
  return text;
}

Result<ServerAddress> parse_server_address(std::string_view url) {
  ServerAddress address;
  const auto scheme = url.substr(0, url.find("://"));
  if (scheme.size() == url.size() || (scheme != "redis" && scheme != "rediss" && scheme != "unix"))
    return wrong_address("must begin with redis://, rediss:// or unix://");
  address.tls = scheme == "rediss";
  url.remove_prefix(scheme.size() + 3);
  if (const auto end = url.find_first_of("/?"); scheme != "unix" && end < url.size() && url.find('@', end) < url.size())
    return wrong_address("has an '@' behind its host: '/', '?' and '@' in user and password are to be percent-encoded");
  const auto query = url.find('?');
  auto place = url.substr(0, query);
  const auto slash = place.find('/');
  if (const auto at = place.substr(0, slash).rfind('@'); at != std::string_view::npos) {
    take_user(place.substr(0, at), address);
    place.remove_prefix(at + 1);
  }
  if (scheme == "unix") {
    if (!place.starts_with('/')) return wrong_address("must name the socket by its absolute path");
    address.socket_path = text::percent_decode(place);
  } else {
    const auto path = place.find('/');
    if (auto wrong = take_hosts(place.substr(0, path), address)) return *wrong;
    const auto database = path == std::string_view::npos ? std::string_view{} : place.substr(path + 1);
    const auto number = text::parse_unsigned(database);
    if (!database.empty() && (!number || *number > kMostDatabase))
      return wrong_address("must end with the number of a database");
    address.database = static_cast<std::uint32_t>(number.value_or(0));
  }
  if (query != std::string_view::npos)
    if (auto wrong = take_query(url.substr(query + 1), address)) return *wrong;
  return address;
}

}  // namespace cachearr::shared
