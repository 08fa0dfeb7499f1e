#include "admin/explain.hpp"

#include <chrono>
#include <future>
#include <optional>

#include "base/ip_address.hpp"
#include "caching/variant.hpp"
#include "http/target.hpp"
#include "http/url.hpp"
#include "origin/connections.hpp"
#include "pipeline/look_up.hpp"
#include "pipeline/worker_context.hpp"

namespace cachearr::admin {

namespace {

using pipeline::Disposition;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds kDiskTime{5};  // for all reads of one explanation

/// The listener of ours that a URL names: the client speaks to us as to an origin.
std::optional<pipeline::ListenerInfo> own_listener(const std::vector<std::string>& addresses,
                                                   const pipeline::ConfigSnapshot& snapshot,
                                                   std::string_view authority) {
  const auto asked = http::parse_host_port(authority);
  if (!asked || (asked->host != "localhost" && !ip::parse_address(asked->host))) return std::nullopt;
  const auto& listeners = snapshot.settings->config.listeners;
  for (std::size_t i = 0; i < std::min(addresses.size(), listeners.size()); ++i) {
    const auto bound = http::parse_host_port(addresses[i]);
    if (bound && bound->port == asked->port) return pipeline::ListenerInfo{listeners[i].upstream, listeners[i].tls};
  }
  return std::nullopt;
}

void make_head(ExplainResult& result) {
  auto& head = result.context.request.head;
  head.method = http::method_of(result.request.method);
  head.method_text = result.request.method;
  head.target = result.request.url;
  const auto parts = http::split_url(result.request.url);
  if (parts.is_absolute()) result.authority = *parts.authority;
  head.fields.add(http::FieldId::host, "Host", result.authority);
  for (const auto& [name, value] : result.request.fields)
    if (http::field_id(name) != http::FieldId::host) head.fields.add(name, value);
}

/// False where the request is refused.
bool route(const std::vector<std::string>& addresses, ExplainResult& result) {
  auto& context = result.context;
  const auto parts = http::split_url(result.request.url);
  const auto listener =
      parts.is_absolute() ? own_listener(addresses, *result.context.snapshot, *parts.authority) : std::nullopt;
  if (listener) {
    result.target = parts.tail.starts_with('/') ? std::string{parts.tail} : "/" + std::string{parts.tail};
    result.context.request.head.target = result.target;
  }
  const auto routed = listener ? pipeline::route(*result.context.snapshot, *listener, std::nullopt,
                                                 result.context.head(), context.route)
                               : pipeline::route_url(*result.context.snapshot, result.request.url, context.route);
  if (routed) return true;
  context.disposition = Disposition::refuse;
  context.refusal = routed.error();
  return false;
}

/// Reads from the disk tier, all within one time limit.
class DiskReader {
 public:
  explicit DiskReader(store::Store& store) : store_{store} {}

  store::EntryPtr find(const Hash128& id, std::string_view identity) {
    if (timed_out_ || !store_.may_be_on_disk(id)) return {};
    auto answer = std::make_shared<std::promise<store::EntryPtr>>();
    auto arrived = answer->get_future();
    store_.find_on_disk(id, identity, [answer](store::EntryPtr entry) { answer->set_value(std::move(entry)); });
    timed_out_ = arrived.wait_until(deadline_) != std::future_status::ready;
    return timed_out_ ? store::EntryPtr{} : arrived.get();
  }
  bool timed_out() const noexcept { return timed_out_; }

 private:
  store::Store& store_;
  Steady::time_point deadline_ = Steady::now() + kDiskTime;
  bool timed_out_ = false;
};

/// What memory does not have may be on disk, the names of the selecting fields as well. False: the disk is silent.
bool look_on_disk(store::Store& store, ExplainResult& result) {
  auto& context = result.context;
  if (context.disposition != Disposition::fetch) return true;
  DiskReader disk{store};
  auto found = disk.find(context.variant.id, context.variant.identity);
  if (caching::marker_of(found)) {
    pipeline::take_found(context, std::move(found));
    found = store.find(context.variant.id, context.variant.identity);
    if (!found) found = disk.find(context.variant.id, context.variant.identity);
  }
  if (disk.timed_out()) return false;
  pipeline::take_variant(context, std::move(found));
  if (!context.entry) return true;
  context.from_disk = true;
  pipeline::decide_by_entry(context);
  return true;
}

/// Localhost is what every resolver makes of it; other names are judged by their addresses once they are resolved.
std::optional<ip::Address> literal_address(const std::string& host) {
  return ip::parse_address(host == "localhost" ? "127.0.0.1" : host);
}

/// What the exchange with the upstream would refuse for its address alone.
void judge_address(ExplainResult& result) {
  auto& context = result.context;
  const auto& route = context.route;
  const auto* const upstream = route.upstream;
  if (context.disposition != Disposition::fetch && context.disposition != Disposition::pass) return;
  const auto& settings = *result.context.snapshot->settings;
  const bool by_parent = upstream && !upstream->proxy.empty();
  const auto dialled = route.connect_host + ":" + std::to_string(route.connect_port);
  if (by_parent || settings.config.resolve.contains(dialled)) return;
  const auto address = literal_address(route.connect_host);
  if (!address || !ip::is_private(*address) || settings.may_be_private(upstream != nullptr)) return;
  context.disposition = Disposition::refuse;
  context.refusal = {403, origin::private_address_refused(route.connect_host, *address)};
}

}  // namespace

Result<ExplainResultPtr> explain(Instance& instance, ExplainRequest request, pipeline::SnapshotPtr by) {
  auto& proxy = instance.proxy();
  auto result = std::make_shared<ExplainResult>(std::move(request));
  result->context.snapshot = by ? std::move(by) : instance.snapshot();
  metrics::WorkerCells uncounted;
  pipeline::WorkerContext worker{proxy.shared(), uncounted, result->context.snapshot};
  result->context.now = worker.now();
  make_head(*result);
  if (!route(proxy.addresses(), *result)) return ExplainResultPtr{std::move(result)};
  pipeline::classify_routed(worker, result->context);
  if (!look_on_disk(instance.store(), *result)) return Error{"the disk does not answer"};
  if (pipeline::may_not_ask(result->context)) pipeline::refuse_to_ask(result->context);
  judge_address(*result);
  return ExplainResultPtr{std::move(result)};
}

}  // namespace cachearr::admin
