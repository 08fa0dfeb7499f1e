// Parts of responses on their way through a fetch: keeping one, joining it with what is stored, and completing what is
// stored with what is missing (RFC 9111 3.3 and 3.4). Runs on the worker of the fetch.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fetch/cache_writer.hpp"
#include "fetch/exchange.hpp"
#include "fetch/response_plan.hpp"
#include "http/content_range.hpp"

namespace cachearr::fetch {

/// A stored part, and the rest that is missing for the whole.
struct Completion {
  store::EntryPtr part;
  std::uint32_t generation = 0;  // of the store when it was found there
  http::Owned<http::ResponseHead> part_head;
  http::ContentRange rest;
  http::Owned<http::ResponseHead> whole;  // the head of both together, once the rest has come
  http::Framing framing;                  // of the whole

  bool begins_with_part() const noexcept { return rest.first != 0; }
};

/// What is stored of the response that this job asks for, where one more part would make it whole and the client asks
/// for the whole. Null: nothing.
std::unique_ptr<Completion> begin_completion(FetchContext& worker, const FetchJob& job);
/// True where the response is the rest: then `whole` and `framing` are set.
bool accept_rest(Completion& completion, const UpstreamResponse& response);

/// Forgets the part, unless something else has taken its place: the next one would ask for its rest in vain, too.
void give_up(FetchContext& worker, const Completion& completion);

/// Stores a part whose body is there, together with what is stored already where both fit.
void store_part(FetchContext& worker, FetchJob& job, const ResponsePlan& plan, const ResponseHeadText& head,
                std::span<const std::string_view> body);

}  // namespace cachearr::fetch
