#include "pipeline/request_context.hpp"

namespace cachearr::pipeline {

void RequestContext::reset(const SnapshotPtr& next) {
  if (snapshot != next) snapshot = next;
  verdict = {};
  captures.clear();
  key.key.clear();
  key.identity.clear();
  key.has_credentials = false;
  variant.varies_by.clear();
  entry = {};
  from_disk = hit_for_miss = refresh = false;
  codings = 0;
  disposition = Disposition::refuse;
  stale.reset();
  forward = http::Forward::none;
  detail = {};
  route.upstream = nullptr;
  route.target.host.clear();
  route.host_field.clear();
  if (refusal.status != 0) refusal = {};
}

void ReturnToPool::operator()(RequestContext* context) const noexcept {
  std::unique_ptr<RequestContext> owner{context};
  if (!pool || pool->free_.size() >= RequestContextPool::kMost) return;
  context->entry = {};
  context->request.release();
  pool->free_.push_back(std::move(owner));
}

RequestContextPtr RequestContextPool::take(const SnapshotPtr& snapshot) {
  std::unique_ptr<RequestContext> context;
  if (free_.empty()) {
    free_.reserve(kMost);
    context = std::make_unique<RequestContext>();
  } else {
    context = std::move(free_.back());
    free_.pop_back();
  }
  context->reset(snapshot);
  return RequestContextPtr{context.release(), {this}};
}

}  // namespace cachearr::pipeline
