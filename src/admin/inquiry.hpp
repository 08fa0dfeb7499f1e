// What the proxy would do with a request, found out without sending anything: the pipeline's own steps up to the
// decision.
//
// Used on the admin thread; the part that needs a worker runs on the first worker's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/instance.hpp"
#include "base/result.hpp"
#include "pipeline/classify.hpp"

namespace cachearr::admin {

struct Question {
  std::string url;
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> fields;
};

struct Finding {
  pipeline::SnapshotPtr snapshot;  // keeps alive what `known` points to
  pipeline::RequestContext context;
  bool on_disk = false;  // the entry was found in the disk tier alone
};

/// Waits for the worker and, where memory has no answer, for the disk. The error says why there is no finding: the
/// worker is stuck.
Result<std::shared_ptr<const Finding>> find_out(Instance& instance, Question question);

}  // namespace cachearr::admin
