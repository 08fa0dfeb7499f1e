// From a request's head to what is to be done with it: access, route, rule, key, look-up, disposition. Sends nothing
// and changes nothing; allocates nothing for a hit.
#pragma once

#include "pipeline/access.hpp"
#include "pipeline/request_context.hpp"

namespace cachearr::pipeline {

struct WorkerContext;

/// REQUIRES: request, framing and snapshot of `into` are set.
void classify(WorkerContext& worker, const ConnectionInfo& connection, RequestContext& into);

/// The part after routing: rule, key, look-up, disposition. For callers that route by themselves.
void classify_routed(WorkerContext& worker, RequestContext& into);

/// The same for a request of which everything is known but what the store and the time say of it.
void classify_again(WorkerContext& worker, RequestContext& into);

/// True where the client's only-if-cached leaves nothing but a refusal, once all is looked through that is stored: what
/// was classified knows of memory alone.
bool may_not_ask(const RequestContext& context) noexcept;
void refuse_to_ask(RequestContext& into);

}  // namespace cachearr::pipeline
