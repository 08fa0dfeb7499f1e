// Asks the running instance over its Unix socket: small, blocking HTTP/1.1 for the commands of the command line.
// One thread; nothing is kept between calls.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/result.hpp"

namespace cachearr::app {

struct AdminAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
};

struct AdminRequest {
  std::string method = "GET";
  std::string target;        // "/api/v1/explain?url=…", already percent-encoded
  std::string body;          // sent with every method but GET
  Duration timeout{30'000};  // without any progress
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> fields{};  // further ones
};

/// The error tells a user why there is no answer ("no instance is running…").
Result<AdminAnswer> ask(const std::string& socket_path, const AdminRequest& request);

}  // namespace cachearr::app
