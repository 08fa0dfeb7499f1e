#include "admin/inquiry.hpp"

#include <future>
#include <optional>

#include "base/text.hpp"
#include "caching/vary.hpp"
#include "http/framing.hpp"
#include "http/target.hpp"
#include "net/address.hpp"
#include "proxy/desk.hpp"
#include "proxy/front.hpp"

namespace cachearr::admin {

namespace {

constexpr std::chrono::seconds kPatience{5};

/// Shared with the worker, which may come to it after the asker has given up.
struct Inquiry {
  Question question;
  std::vector<std::pair<std::string, proxy::Door>> doors;  // "127.0.0.1:9797" and what is behind it
  std::string target, authority;
  http::RequestHead head;
  std::shared_ptr<Finding> finding = std::make_shared<Finding>();
  std::promise<void> done;
};

struct UrlParts {
  std::string_view authority, rest;
};

/// None for what is no absolute URL.
std::optional<UrlParts> split_url(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  const auto start = scheme_end + 3;
  const auto end = std::min(url.find_first_of("/?", start), url.size());
  return UrlParts{url.substr(start, end - start), url.substr(end)};
}

/// A URL of one of our own listeners: the client speaks to us as to an origin.
const proxy::Door* own_door(const Inquiry& inquiry, std::string_view authority) {
  const auto asked = http::parse_host_port(authority);
  if (!asked || (asked->host != "localhost" && !net::parse_address(asked->host))) return nullptr;
  for (const auto& [address, door] : inquiry.doors) {
    const auto bound = http::parse_host_port(address);
    if (bound && bound->port == asked->port) return &door;
  }
  return nullptr;
}

Result<bool, proxy::Refused> route(Inquiry& inquiry, const proxy::Regime& regime, proxy::Route& into) {
  const auto parts = split_url(inquiry.question.url);
  inquiry.authority = parts ? parts->authority : std::string_view{};
  inquiry.head.fields.add(http::FieldId::host, "Host", inquiry.authority);
  const auto* const door = parts ? own_door(inquiry, parts->authority) : nullptr;
  if (!door) return proxy::route_url(regime, inquiry.question.url, into);
  inquiry.target = parts->rest.starts_with('/') ? std::string{parts->rest} : "/" + std::string{parts->rest};
  inquiry.head.target = inquiry.target;
  return proxy::route(regime, *door, std::nullopt, inquiry.head, into);
}

/// On the desk's thread; the desk's own scratch stays as it is.
void consider(Inquiry& inquiry, proxy::Desk& desk) {
  auto& [regime, known, on_disk] = *inquiry.finding;
  regime = desk.regime;
  known.now = desk.now();
  auto& head = inquiry.head;
  head.method = http::method_of(inquiry.question.method);
  head.method_text = inquiry.question.method;
  head.target = inquiry.question.url;
  for (const auto& [name, value] : inquiry.question.fields)
    if (http::field_id(name) != http::FieldId::host) head.fields.add(name, value);
  const auto routed = route(inquiry, regime, known.route);
  if (!routed) {
    known.course = proxy::Course::refuse;
    known.refused = routed.error();
    return;
  }
  proxy::consider_routed(desk, head, http::Framing{}, known);
}

store::EntryPtr read_disk(store::Store& store, const Hash128& id, std::string_view identity) {
  if (!store.may_be_on_disk(id)) return {};
  auto answer = std::make_shared<std::promise<store::EntryPtr>>();
  auto arrived = answer->get_future();
  store.find_on_disk(id, identity, [answer](store::EntryPtr entry) { answer->set_value(std::move(entry)); });
  return arrived.wait_for(kPatience) == std::future_status::ready ? arrived.get() : store::EntryPtr{};
}

/// What memory does not have may be on disk, the list of selecting fields as well.
void look_on_disk(store::Store& store, const http::RequestHead& head, Finding& finding) {
  auto& known = finding.known;
  if (known.course != proxy::Course::fetch) return;
  auto found = read_disk(store, known.id, known.identity);
  if (found && (found->meta.flags & caching::kVaryMarker) != 0) {
    known.varies_by = found->head();
    known.identity = known.key.identity + '\n';
    caching::append_variant(known.identity, known.varies_by, head.fields);
    known.id = hash128(known.identity);
    found = store.find(known.id, known.identity);
    if (!found) found = read_disk(store, known.id, known.identity);
  }
  if (!found || (found->meta.flags & (caching::kHitForMiss | caching::kVaryMarker)) != 0) return;
  known.entry = std::move(found);
  finding.on_disk = true;
  proxy::decide_by_entry(known);
}

}  // namespace

Result<std::shared_ptr<const Finding>> find_out(Instance& instance, Question question) {
  auto inquiry = std::make_shared<Inquiry>();
  inquiry->question = std::move(question);
  auto& front = instance.front();
  const auto regime = instance.regime();
  const auto& listeners = regime.settings->config.listeners;
  const auto& addresses = front.addresses();
  for (std::size_t i = 0; i < addresses.size() && i < listeners.size(); ++i)
    inquiry->doors.emplace_back(addresses[i], proxy::Door{listeners[i].upstream, listeners[i].tls});
  auto done = inquiry->done.get_future();
  front.with_desk([inquiry](proxy::Desk& desk) {
    consider(*inquiry, desk);
    inquiry->done.set_value();
  });
  if (done.wait_for(kPatience) != std::future_status::ready) return Error{"the worker that was asked does not answer"};
  look_on_disk(instance.store(), inquiry->head, *inquiry->finding);
  return std::shared_ptr<const Finding>{inquiry->finding};
}

}  // namespace cachearr::admin
