// What a request's bytes and the rules say of it, as it may be shown: for its log line and for the journal. The same
// each time the same is asked, so that it is kept with what is memoized.
//
// Values; a worker has one of its own for the request that it records.
#pragma once

#include <string>

#include "client/access_log.hpp"
#include "client/recorded_request.hpp"
#include "rules/secret_memo.hpp"

namespace cachearr::client {

struct RequestText {
  LogText log;
  ShownTexts shown;
  Way way = Way::proxy;
  std::uint64_t partition = 0;  // RequestFacts::partition
  std::string url;              // scratch of describe()
  std::string sent;             // of append_shown_fields()
};

/// Keeps the memory of `into`.
void describe(const pipeline::RequestContext& context, const pipeline::ConnectionInfo& connection,
              rules::SecretMemo& secrets, RequestText& into);
/// The request's fields, a line "Name: value" each, with *** for what is secret by its name or by the upstream's rules.
void append_shown_fields(std::string& out, const pipeline::RequestContext& context, rules::SecretMemo& secrets);

}  // namespace cachearr::client
