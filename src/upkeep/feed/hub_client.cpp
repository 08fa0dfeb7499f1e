#include "upkeep/feed/hub_client.hpp"

#include <algorithm>
#include <random>

#include "base/text.hpp"
#include "http/framing.hpp"
#include "http/url.hpp"
#include "net/body_reader.hpp"
#include "net/head_parser.hpp"

namespace cachearr::upkeep {

namespace {

constexpr std::size_t kLongestHubHead = 64 * 1024;
constexpr std::size_t kLongestHubUrl = 4096;
constexpr int kMostHops = 3;
constexpr Duration kHubAnswer{30'000};
constexpr Duration kHubPoll{120'000};  // hubs answer polls within 90 s

std::string random_websocket_key() {
  std::random_device random;
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += static_cast<char>(random());
  return text::base64_encode(bytes);
}

HubFailure broken_hub(const HubAddress& address, std::string_view how) {
  return {address.endpoint.host + " " + std::string{how}};
}

/// Whether it can stand in a request.
bool is_hub_text(std::string_view text) noexcept {
  return text.size() <= kLongestHubUrl &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_same_origin(const http::UrlParts& parts, const origin::Endpoint& endpoint) {
  if (!parts.authority) return parts.scheme.empty();
  const auto named = http::parse_host_port(*parts.authority);
  if (!named || parts.userinfo() || named->host != endpoint.host || parts.scheme != endpoint.scheme) return false;
  const std::uint16_t usual = endpoint.scheme == "https" ? 443 : 80;
  return (named->port == 0 ? usual : named->port) == endpoint.port;
}

}  // namespace

Result<HubAddress> follow(const HubAddress& from, const Negotiation& to) {
  const auto parts = http::split_url(to.url);
  if (!is_same_origin(parts, from.endpoint))
    return Error{"it names another server for its events, which is not followed"};
  if (!is_hub_text(to.url) || !is_hub_text(to.access_token) || !parts.path.starts_with('/') || parts.fragment)
    return Error{"what it names as the address of its events is none"};
  auto address = from;
  address.path = parts.path.substr(0, parts.path.find_last_not_of('/') + 1);
  address.query = parts.query && !parts.query->empty() ? std::string{*parts.query} + '&' : std::string{};
  if (to.access_token.empty()) return address;
  address.key = to.access_token;
  address.is_bearer = true;
  return address;
}

struct HubClient::Answer {
  int status = 0;
  std::string accept;  // Sec-WebSocket-Accept
  std::string body;
};

HubAddress hub_address(const rules::Upstream& upstream, std::string key, bool allow_private, Duration connect) {
  HubAddress address;
  auto& endpoint = address.endpoint;
  endpoint.scheme = upstream.origin_scheme;
  endpoint.host = upstream.origin_host;
  endpoint.port = upstream.origin_port;
  endpoint.verify = upstream.tls_verify;
  endpoint.ca_file = upstream.tls_ca_file;
  endpoint.server_name = upstream.tls_server_name;
  endpoint.parent = upstream.proxy;
  endpoint.allow_private = allow_private;
  // A parent passes a WebSocket on only inside a tunnel.
  endpoint.tunnel = endpoint.scheme == "http" && !endpoint.parent.empty();
  address.authority = upstream.origin_authority;
  address.path = upstream.origin_path + "/signalr/messages";
  address.key = std::move(key);
  address.connect = upstream.timeouts.connect.value_or(connect);
  return address;
}

std::string HubClient::request(std::string_view method, std::string_view path, const std::string& query,
                               std::string_view more) const {
  std::string text{method};
  text.append(" ").append(address_.path).append(path).append("?").append(address_.query).append(query);
  text.append("access_token=").append(text::percent_encode(address_.key));
  text.append(" HTTP/1.1\r\nHost: ").append(address_.authority);
  if (address_.is_bearer) text.append("\r\nAuthorization: Bearer ").append(address_.key);
  return text.append("\r\nUser-Agent: cachearr/" CACHEARR_VERSION "\r\nAccept: */*\r\n").append(more);
}

void HubClient::close() noexcept {
  closed_ = true;
  if (const auto connection = current_.lock()) connection->stream->close();
}

net::Task<Result<origin::ConnectionPtr, HubFailure>> HubClient::send(std::string request) {
  if (closed_) co_return broken_hub(address_, "is not asked any more");
  auto dialled = co_await connections_.dial(address_.endpoint, address_.connect);
  if (!dialled) co_return HubFailure{dialled.error().what};
  if (closed_) co_return broken_hub(address_, "is not asked any more");
  auto connection = std::move(*dialled);
  current_ = connection;
  connection->stream->arm(kHubAnswer);
  const auto sent = co_await net::write_all(*connection->stream, request);
  connection->stream->disarm();
  if (sent != net::IoError::none) co_return broken_hub(address_, "took no request: " + std::string{net::name_of(sent)});
  co_return std::move(connection);
}

net::Task<Result<HubClient::Answer, HubFailure>> HubClient::read_answer(origin::ConnectionPtr connection,
                                                                        Duration limit, bool with_body) {
  http::ResponseHead head;
  auto parsed = net::parse_response_head(connection->inbox.readable(), kLongestHubHead, head);
  while (parsed.kind == net::HeadParse::Kind::need_more) {
    connection->stream->arm(limit);
    const auto got = co_await connection->inbox.fill(*connection->stream, kLongestHubHead);
    connection->stream->disarm();
    if (got.error != net::IoError::none)
      co_return broken_hub(address_, "gave no answer: " + std::string{net::name_of(got.error)});
    parsed = net::parse_response_head(connection->inbox.readable(), kLongestHubHead, head);
  }
  if (parsed.kind == net::HeadParse::Kind::error)
    co_return broken_hub(address_, "gave an answer that is no valid HTTP");
  const auto* const accept = head.fields.find("sec-websocket-accept");
  Answer answer{head.status, accept ? std::string{accept->value} : std::string{}, {}};
  const auto framing = http::frame_response(head, http::Method::post);
  connection->inbox.consume(parsed.consumed);
  if (!with_body || head.status == 101) co_return std::move(answer);
  if (!framing) co_return broken_hub(address_, "gave an answer whose length is ambiguous");
  net::BodyReader reader{*connection->stream, connection->inbox, *framing};
  for (;;) {
    const auto piece = co_await reader.next(limit);
    if (piece.kind == net::BodyReader::Piece::Kind::end) co_return std::move(answer);
    if (piece.kind == net::BodyReader::Piece::Kind::failed) co_return broken_hub(address_, "broke off in its answer");
    answer.body += piece.data;
    if (answer.body.size() > HubReader::kLongest) co_return broken_hub(address_, "gave an answer that is too long");
  }
}

net::Task<Result<HubClient::Answer, HubFailure>> HubClient::ask(std::string request, Duration limit) {
  auto sent = co_await send(std::move(request));
  if (!sent) co_return sent.error();
  co_return co_await read_answer(std::move(*sent), limit, true);
}

HubFailure HubClient::refusal(const Answer& answer) const {
  const auto status = std::to_string(answer.status);
  const auto& host = address_.endpoint.host;
  switch (answer.status) {
    case 401:
    case 403: return {host + " refuses the key of api_key_file (" + status + ")", answer.status};
    case 404: return {host + " has no event hub at " + address_.path + " (404)", answer.status};
    case 301:
    case 302:
    case 307:
    case 308:
      return {host + " answers " + status + ": the path of \"origin\" has to be the application's URL base",
              answer.status};
    default: return {host + " answers " + status + " instead of events", answer.status};
  }
}

net::Task<Result<Negotiation, HubFailure>> HubClient::negotiate() {
  for (int hops = 0; hops <= kMostHops; ++hops) {
    auto asked = request("POST", "/negotiate", "negotiateVersion=1&", "Content-Length: 0\r\nConnection: close\r\n\r\n");
    const auto answer = co_await ask(std::move(asked), kHubAnswer);
    if (!answer) co_return answer.error();
    if (answer->status != 200) co_return refusal(*answer);
    auto negotiation = read_negotiation(answer->body);
    if (!negotiation) co_return broken_hub(address_, "offers no events: " + negotiation.error().what);
    if (negotiation->url.empty()) co_return std::move(*negotiation);
    auto next = follow(address_, *negotiation);
    if (!next) co_return broken_hub(address_, "offers no events: " + next.error().what);
    address_ = std::move(*next);
  }
  co_return broken_hub(address_, "offers no events: it sends from one address to the next");
}

net::Task<Result<origin::ConnectionPtr, HubFailure>> HubClient::open_websocket(std::string token) {
  const auto key = random_websocket_key();
  const auto query = "id=" + text::percent_encode(token) + "&";
  auto asked =
      request("GET", "", query,
              "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key +
                  "\r\n\r\n");
  auto connection = co_await send(std::move(asked));
  if (!connection) co_return connection.error();
  const auto answer = co_await read_answer(*connection, kHubAnswer, false);
  if (!answer) co_return answer.error();
  if (answer->status != 101) co_return refusal(*answer);
  if (answer->accept != http::websocket_accept(key))
    co_return broken_hub(address_, "does not speak WebSocket, though it says so");
  co_return std::move(*connection);
}

net::Task<Result<std::string, HubFailure>> HubClient::poll(std::string token) {
  auto asked = request("GET", "", "id=" + text::percent_encode(token) + "&", "Connection: close\r\n\r\n");
  auto answer = co_await ask(std::move(asked), kHubPoll);
  if (!answer) co_return answer.error();
  if (answer->status == 204) co_return HubFailure{"the hub has closed the connection", 204};
  if (answer->status != 200) co_return refusal(*answer);
  co_return std::move(answer.value().body);
}

net::Task<Result<std::string, HubFailure>> HubClient::say(std::string token, std::string_view text) {
  auto asked = request("POST", "", "id=" + text::percent_encode(token) + "&",
                       "Content-Type: text/plain;charset=UTF-8\r\nConnection: close\r\nContent-Length: " +
                           std::to_string(text.size()) + "\r\n\r\n");
  asked += text;
  const auto answer = co_await ask(std::move(asked), kHubAnswer);
  if (!answer) co_return answer.error();
  if (answer->status != 200) co_return refusal(*answer);
  co_return std::string{};
}

}  // namespace cachearr::upkeep
