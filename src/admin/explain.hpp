// What the proxy would do with a request, found out without sending anything: the steps of a request up to its
// disposition, on a snapshot of the configuration that does not change meanwhile.
//
// Runs on the caller's thread and waits for the disk alone; never on an event loop.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "admin/instance.hpp"
#include "base/result.hpp"
#include "pipeline/classify.hpp"

namespace cachearr::admin {

struct ExplainRequest {
  std::string url;
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> fields;
};

/// Owns everything that `context` points to.
struct ExplainResult {
  explicit ExplainResult(ExplainRequest asked) : request{std::move(asked)} {}
  ExplainResult(const ExplainResult&) = delete;
  ExplainResult& operator=(const ExplainResult&) = delete;

  const ExplainRequest request;
  std::string authority, target;
  pipeline::RequestContext context;
};
using ExplainResultPtr = std::shared_ptr<const ExplainResult>;

/// `by`: the configuration that decides; null: the one in force. The error: the disk does not answer, so nothing is
/// known.
Result<ExplainResultPtr> explain(Instance& instance, ExplainRequest request, pipeline::SnapshotPtr by = nullptr);

}  // namespace cachearr::admin
