#include "fetch/request_book.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace cachearr::fetch {

namespace {

constexpr std::size_t kOverhead = 512;  // of the object, its strings and its places in the tables

/// A copy looks where the original looks, but for what lies within the bytes of the head.
bool owns_its_method(const http::Owned<http::RequestHead>& request) noexcept {
  const auto bytes = request.bytes();
  const auto* const at = request.head.method_text.data();
  return !bytes.empty() && std::less_equal<>{}(bytes.data(), at) && std::less<>{}(at, bytes.data() + bytes.size());
}

bool is_repeatable(const pipeline::RequestContext& context) noexcept {
  const auto& head = context.head();
  return context.verdict.rule && context.verdict.upstream && head.method == http::Method::get &&
         !head.fields.has(http::FieldId::range);
}

/// What the life before says about the one that begins.
void learn_from(const RememberedRequest& before, RememberedRequest& request) noexcept {
  const auto asks = request.hits_at_begin - std::min(before.hits_at_begin, request.hits_at_begin);
  request.asked_before = before.by_client || asks > 0;
  if (request.began - before.end <= before.end - before.began) request.asks_before = asks;
}

}  // namespace

double RememberedRequest::expected_asks(std::uint32_t hits, TimePoint now) const noexcept {
  const auto asks = static_cast<double>(hits - std::min(hits_at_begin, hits));
  const auto so_far = std::max<Duration>(std::min(now, end) - began, Duration{1});
  const auto in_all = static_cast<double>((end - began).count()) / static_cast<double>(so_far.count());
  return std::min(static_cast<double>(asks_before), asks * std::max(in_all, 1.0));
}

void RequestBook::remember(const pipeline::RequestContext& context, const store::Entry& entry, bool by_client) {
  if (!is_repeatable(context) || !owns_its_method(context.request)) return;
  auto request = std::make_shared<RememberedRequest>();
  request->upstream = context.verdict.upstream->name;
  request->rule = context.verdict.rule->name;
  request->route = context.route;
  request->route.upstream = nullptr;
  request->request = context.request;
  request->hits_at_begin = entry.hits();
  request->began = TimePoint{Duration{entry.meta.stored_ms}};
  request->end = TimePoint{Duration{entry.meta.fresh_until_ms}};
  request->by_client = by_client;
  request->has_validator = !entry.etag().empty() || entry.meta.last_modified_ms >= 0;
  const auto bytes = kOverhead + context.request.bytes().size() + context.route.target.query.size();
  const std::lock_guard lock{mutex_};
  if (const auto known = slots_.find(entry.id()); known != slots_.end()) {
    learn_from(*known->second.request, *request);
    bytes_ -= known->second.bytes;
    order_.erase(known->second.place);
    slots_.erase(known);
  }
  last_[request->upstream] = request;
  slots_[entry.id()] = {std::move(request), order_.insert(order_.end(), entry.id()), bytes};
  bytes_ += bytes;
  while (bytes_ > most_bytes_) forget_oldest_locked();
}

void RequestBook::forget_oldest_locked() {
  const auto oldest = slots_.find(order_.front());
  bytes_ -= oldest->second.bytes;
  slots_.erase(oldest);
  order_.pop_front();
}

bool RequestBook::lacks(const pipeline::RequestContext& context, const Hash128& id) const {
  if (!is_repeatable(context)) return false;
  const std::lock_guard lock{mutex_};
  return bytes_ <= most_bytes_ / 2 && !slots_.contains(id);
}

RememberedRequestPtr RequestBook::find(const Hash128& id) const {
  const std::lock_guard lock{mutex_};
  const auto found = slots_.find(id);
  return found == slots_.end() ? nullptr : found->second.request;
}

RememberedRequestPtr RequestBook::last_of(std::string_view upstream) const {
  const std::lock_guard lock{mutex_};
  const auto found = last_.find(std::string{upstream});
  return found == last_.end() ? nullptr : found->second;
}

std::size_t RequestBook::bytes() const {
  const std::lock_guard lock{mutex_};
  return bytes_;
}

}  // namespace cachearr::fetch
