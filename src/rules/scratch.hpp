// What matching a request and naming it need for a while: buffers and memories that are reused from request to request.
// Owned by one worker; nothing in it means anything between two calls.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rules/partition.hpp"
#include "rules/query.hpp"
#include "rules/secret_memo.hpp"

namespace cachearr::rules {

struct Scratch {
  /// A parameter that goes into the visible key.
  struct Shown {
    std::string_view name, value;  // decoded with a rule, as sent without one
    bool has_value, masked;
    std::size_t order;
  };

  QueryDecoder decoder;
  std::string normal_path;  // as rules see it
  std::string path, masked_path, identity_path;
  std::string sorted;  // values of lists
  std::vector<Shown> shown;
  Partition partition;
  SecretMemo secrets;
};

}  // namespace cachearr::rules
