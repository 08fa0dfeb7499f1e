#include "fetch/upstream_error.hpp"

namespace cachearr::fetch {

using Kind = UpstreamError::Kind;

namespace {

Kind kind_of(origin::DialFailure::Kind kind) noexcept {
  switch (kind) {
    case origin::DialFailure::Kind::forbidden: return Kind::refused_target;
    case origin::DialFailure::Kind::loop: return Kind::loop;
    case origin::DialFailure::Kind::timed_out: return Kind::timeout;
    case origin::DialFailure::Kind::tls: return Kind::tls;
    case origin::DialFailure::Kind::dns:
    case origin::DialFailure::Kind::connect:
    case origin::DialFailure::Kind::parent: break;
  }
  return Kind::connect;
}

}  // namespace

int status_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::client_body: return 400;
    case Kind::refused_target: return 403;
    case Kind::loop: return 508;
    case Kind::timeout: return 504;
    case Kind::connect:
    case Kind::malformed:
    case Kind::broken_off:
    case Kind::tls: break;
  }
  return 502;
}

int status_of(origin::DialFailure::Kind kind) noexcept { return status_of(kind_of(kind)); }

limit::Outcome limit_outcome_of(const UpstreamError& error) noexcept {
  switch (error.kind) {
    case Kind::client_body:
    case Kind::refused_target:
    case Kind::loop:
    case Kind::malformed: return limit::Outcome::abandoned;
    case Kind::connect:
    case Kind::timeout:
    case Kind::broken_off:
    case Kind::tls: break;
  }
  return error.asked ? limit::Outcome::failed : limit::Outcome::unsent;
}

bool is_unreachable(Kind kind) noexcept {
  return kind == Kind::connect || kind == Kind::timeout || kind == Kind::broken_off || kind == Kind::tls;
}

UpstreamError error_of(const origin::DialFailure& failure) {
  UpstreamError error{kind_of(failure.kind), failure.what};
  error.asked = false;
  return error;
}

}  // namespace cachearr::fetch
