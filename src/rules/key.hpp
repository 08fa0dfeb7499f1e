// The way from a request to its name in the store. Pure but for the scratch memory, which one worker owns.
#pragma once

#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "http/message.hpp"
#include "http/target.hpp"
#include "rules/rule.hpp"
#include "rules/scratch.hpp"

namespace cachearr::rules {

/// A request's name in the store. Buffers keep their capacity from request to request.
struct KeyParts {
  std::string key;               // what users see: no secret in it
  std::string identity;          // partition, scheme, host, port and key, unambiguous
  Hash128 id;                    // hash of identity (without variant)
  bool has_credentials = false;  // the request presents some
  bool is_personal = false;      // they keep its answer apart from others
};

/// Builds key, identity and id. `secret` keys the hash of credentials. `target` is the effective one (origin's host and
/// path). Query parameters that neither the key template nor ignore_query nor credentials name are appended, sorted.
/// Values of parameters and headers with well-known secret names are treated as credentials even without an upstream.
void build_key(const Verdict& verdict, const http::RequestHead& request, const http::Target& target,
               const Captures& captures, std::string_view secret, Scratch& scratch, KeyParts& into);

}  // namespace cachearr::rules
