#include "admin/inquiry.hpp"

#include <future>
#include <optional>

#include "base/ip_address.hpp"
#include "base/text.hpp"
#include "caching/vary.hpp"
#include "client/client_context.hpp"
#include "client/proxy_server.hpp"
#include "http/framing.hpp"
#include "http/target.hpp"

namespace cachearr::admin {

namespace {

constexpr std::chrono::seconds kPatience{5};

/// Shared with the worker, which may come to it after the asker has given up.
struct Inquiry {
  Question question;
  std::vector<std::pair<std::string, pipeline::ListenerInfo>> listeners;  // "127.0.0.1:9797" and what is behind it
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
const pipeline::ListenerInfo* own_listener(const Inquiry& inquiry, std::string_view authority) {
  const auto asked = http::parse_host_port(authority);
  if (!asked || (asked->host != "localhost" && !ip::parse_address(asked->host))) return nullptr;
  for (const auto& [address, listener] : inquiry.listeners) {
    const auto bound = http::parse_host_port(address);
    if (bound && bound->port == asked->port) return &listener;
  }
  return nullptr;
}

Result<bool, pipeline::Refusal> route(Inquiry& inquiry, const pipeline::ConfigSnapshot& snapshot,
                                      pipeline::Route& into) {
  const auto parts = split_url(inquiry.question.url);
  inquiry.authority = parts ? parts->authority : std::string_view{};
  inquiry.head.fields.add(http::FieldId::host, "Host", inquiry.authority);
  const auto* const listener = parts ? own_listener(inquiry, parts->authority) : nullptr;
  if (!listener) return pipeline::route_url(snapshot, inquiry.question.url, into);
  inquiry.target = parts->rest.starts_with('/') ? std::string{parts->rest} : "/" + std::string{parts->rest};
  inquiry.head.target = inquiry.target;
  return pipeline::route(snapshot, *listener, std::nullopt, inquiry.head, into);
}

/// On the worker's thread.
void classify(Inquiry& inquiry, client::ClientContext& worker) {
  auto& [snapshot, context, on_disk] = *inquiry.finding;
  snapshot = worker.snapshot;
  context.now = worker.now();
  auto& head = inquiry.head;
  head.method = http::method_of(inquiry.question.method);
  head.method_text = inquiry.question.method;
  head.target = inquiry.question.url;
  for (const auto& [name, value] : inquiry.question.fields)
    if (http::field_id(name) != http::FieldId::host) head.fields.add(name, value);
  const auto routed = route(inquiry, *snapshot, context.route);
  if (!routed) {
    context.disposition = pipeline::Disposition::refuse;
    context.refused = routed.error();
    return;
  }
  pipeline::classify_routed(worker, head, http::Framing{}, context);
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
  auto& context = finding.context;
  if (context.disposition != pipeline::Disposition::fetch) return;
  auto found = read_disk(store, context.id, context.identity);
  if (found && (found->meta.flags & caching::kVaryMarker) != 0) {
    context.varies_by = found->head();
    context.identity = context.key.identity + '\n';
    caching::append_variant(context.identity, context.varies_by, head.fields);
    context.id = hash128(context.identity);
    found = store.find(context.id, context.identity);
    if (!found) found = read_disk(store, context.id, context.identity);
  }
  if (!found || (found->meta.flags & (caching::kHitForMiss | caching::kVaryMarker)) != 0) return;
  context.entry = std::move(found);
  finding.on_disk = true;
  pipeline::decide_by_entry(context);
}

}  // namespace

Result<std::shared_ptr<const Finding>> find_out(Instance& instance, Question question) {
  auto inquiry = std::make_shared<Inquiry>();
  inquiry->question = std::move(question);
  auto& proxy = instance.proxy();
  const auto snapshot = instance.snapshot();
  const auto& listeners = snapshot->settings->config.listeners;
  const auto& addresses = proxy.addresses();
  for (std::size_t i = 0; i < addresses.size() && i < listeners.size(); ++i)
    inquiry->listeners.emplace_back(addresses[i], pipeline::ListenerInfo{listeners[i].upstream, listeners[i].tls});
  auto done = inquiry->done.get_future();
  proxy.with_worker([inquiry](client::ClientContext& worker) {
    classify(*inquiry, worker);
    inquiry->done.set_value();
  });
  if (done.wait_for(kPatience) != std::future_status::ready) return Error{"the worker that was asked does not answer"};
  look_on_disk(instance.store(), inquiry->head, *inquiry->finding);
  return std::shared_ptr<const Finding>{inquiry->finding};
}

}  // namespace cachearr::admin
