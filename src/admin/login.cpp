#include "admin/login.hpp"

#include <algorithm>
#include <array>
#include <openssl/rand.h>
#include <stdexcept>

#include "base/hash.hpp"
#include "base/secret_equal.hpp"
#include "base/text.hpp"

namespace cachearr::admin {

namespace {

constexpr std::string_view kCookie = "cachearr_session";
/// Of addresses and of sessions that are remembered: more is no owner, but somebody who tries things.
constexpr std::size_t kMostRemembered = 1000;
constexpr std::size_t kMostLinks = 20;

std::string random_token() {
  Hash128 token;
  if (::RAND_bytes(reinterpret_cast<unsigned char*>(&token), sizeof token) != 1)
    throw std::runtime_error{"the system gives no random bytes"};
  return to_hex(token);
}

/// IPv6 gives each home at least 2^64 addresses.
std::string guesser(const ip::Address& peer) {
  if (peer.is_v4()) return ip::to_string(peer);
  return {reinterpret_cast<const char*>(peer.bytes.data()), 8};
}

constexpr std::string_view kClosed = "login:closed";

/// When the session that this text is says that it is over, in seconds since 1970.
std::optional<std::uint64_t> end_of(std::string_view session) {
  return session.empty() ? std::nullopt : text::parse_unsigned(session.substr(1, session.find('.') - 1));
}

template <class Map, class IsOver>
void forget(Map& map, IsOver is_over) {
  for (auto at = map.begin(); at != map.end();) at = is_over(at->second) ? map.erase(at) : std::next(at);
}

}  // namespace

Login::Login(const std::string& api_key, store::Store& store, const Clock& clock)
    : api_key_{api_key}, store_{store}, clock_{clock} {
  const auto kept = store_.get_state(kClosed);
  for (const auto line : text::split(kept, '\n')) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) continue;
    if (const auto until = text::parse_unsigned(line.substr(space + 1))) closed_.emplace(line.substr(0, space), *until);
  }
}

std::uint64_t Login::seconds_now() const {
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
  return now < 0 ? 0 : static_cast<std::uint64_t>(now);
}

Login::Proof Login::prove(std::string_view secret, std::string_view password) const {
  const bool is_key = is_secret(api_key_, secret);
  const bool is_password = is_secret(password, secret);
  return is_key ? Proof::key : is_password ? Proof::password : Proof::none;
}

std::string Login::signed_with(std::string_view text, std::string_view password) const {
  std::string signing = "session " + std::string{text};
  if (text.starts_with(static_cast<char>(Proof::password))) signing.append(" ").append(password);
  return to_hex(keyed_hash(api_key_, signing));
}

std::string Login::open(Proof proof, std::string_view password) const {
  const auto until = seconds_now() + static_cast<std::uint64_t>(std::chrono::seconds{kSession}.count());
  const auto text = static_cast<char>(proof) + std::to_string(until) + "." + random_token();
  return text + "." + signed_with(text, password);
}

bool Login::is_open(std::string_view session, std::string_view password) const {
  const auto dot = session.find('.');
  const auto last = session.rfind('.');
  if (session.empty() || dot == last || last == std::string_view::npos) return false;
  const bool by_password = session.front() == static_cast<char>(Proof::password);
  if (by_password && password.empty()) return false;
  if (!is_secret(signed_with(session.substr(0, last), password), session.substr(last + 1))) return false;
  const auto until = end_of(session);
  if (!until || *until <= seconds_now()) return false;
  const std::lock_guard lock{mutex_};
  return !closed_.contains(to_hex(keyed_hash(api_key_, session)));
}

void Login::close(std::string_view session) {
  const auto until = end_of(session);
  const auto now = seconds_now();
  const std::lock_guard lock{mutex_};
  forget(closed_, [now](std::uint64_t over) { return over <= now; });
  const auto ends_sooner = [](const auto& a, const auto& b) { return a.second < b.second; };
  if (closed_.size() >= kMostRemembered) closed_.erase(std::min_element(closed_.begin(), closed_.end(), ends_sooner));
  closed_.emplace(to_hex(keyed_hash(api_key_, session)), until.value_or(now));
  std::string kept;
  for (const auto& [hash, over] : closed_) kept += hash + " " + std::to_string(over) + "\n";
  store_.put_state(kClosed, kept);
}

std::string Login::make_link() {
  const auto now = clock_.now();
  auto link = random_token();
  const std::lock_guard lock{mutex_};
  forget(links_, [now](TimePoint until) { return until <= now; });
  if (links_.size() >= kMostLinks) links_.clear();
  links_.emplace(link, now + kLink);
  return link;
}

bool Login::take_link(std::string_view link) {
  const std::lock_guard lock{mutex_};
  const auto found = links_.find(link);
  if (found == links_.end()) return false;
  const bool in_time = clock_.now() < found->second;
  links_.erase(found);
  return in_time;
}

std::optional<std::chrono::seconds> Login::pause_of(const ip::Address& peer) const {
  const std::lock_guard lock{mutex_};
  const auto now = clock_.now();
  const auto found = failures_.find(guesser(peer));
  if (found == failures_.end())
    return failures_.size() < kMostRemembered ? std::nullopt : std::optional{std::chrono::seconds{kPause}};
  const auto over = found->second.since + kPause;
  if (found->second.count < kMostFailures || over <= now) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(over - now);
}

void Login::count_failure(const ip::Address& peer) {
  const auto now = clock_.now();
  const std::lock_guard lock{mutex_};
  forget(failures_, [now](const Failures& each) { return each.since + kPause <= now; });
  auto& failures = failures_[guesser(peer)];
  if (failures.count++ == 0) failures.since = now;
}

std::string_view session_in(std::string_view cookies) {
  for (const auto part : text::split(cookies, ';')) {
    const auto cookie = text::trim(part);
    const auto equals = cookie.find('=');
    if (equals != std::string_view::npos && cookie.substr(0, equals) == kCookie) return cookie.substr(equals + 1);
  }
  return {};
}

std::string session_cookie(std::string_view session, std::string_view path, bool secure) {
  const auto age = session.empty() ? 0 : std::chrono::seconds{Login::kSession}.count();
  std::string line = "Set-Cookie: ";
  line.append(kCookie).append("=").append(session).append("; Path=").append(path);
  line.append("; Max-Age=").append(std::to_string(age)).append("; HttpOnly; SameSite=Strict");
  return line.append(secure ? "; Secure\r\n" : "\r\n");
}

}  // namespace cachearr::admin
