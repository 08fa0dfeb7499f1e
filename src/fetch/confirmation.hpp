// What a 304, or the response to a HEAD, makes of the stored response that it is about (RFC 9111 4.3.3 to 4.3.5). Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "caching/storing.hpp"
#include "http/message.hpp"
#include "pipeline/request_context.hpp"

namespace cachearr::fetch {

/// A message of the origin about what is stored.
struct Update {
  const http::RequestHead& request;
  const pipeline::RequestContext& context;  // with the stored response
  const http::ResponseHead& head;
  caching::Timing timing;
};

struct Confirmation {
  std::string head;               // the stored one with the update's fields over it
  caching::StoreVerdict verdict;  // whether it may be stored again, and for how long
};

/// What a 304 to our own conditions makes of it. None: it does not fit what is stored; the error says how.
Result<Confirmation> confirm_by_304(const Update& update);

enum class HeadVerdict : std::uint8_t {
  no_news,      // it says nothing about what is stored, or nothing that may be kept
  contradicts,  // what is stored is no longer so
  confirms
};
/// What the response to a HEAD makes of it. With `confirms`, `into` is set.
HeadVerdict confirm_by_head(const Update& update, Confirmation& into);

}  // namespace cachearr::fetch
