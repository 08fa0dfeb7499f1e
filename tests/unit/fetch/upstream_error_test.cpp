#include "fetch/upstream_error.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace cachearr::fetch {
namespace {

using Kind = UpstreamError::Kind;
using limit::Outcome;

TEST(AnUpstreamError, TellsByItsKindWhatTheClientGetsAndTheLimitersLearn) {
  struct Case {
    Kind kind;
    int status;
    Outcome outcome;
  };
  const std::vector<Case> cases{
      {Kind::client_body, 400, Outcome::abandoned}, {Kind::refused_target, 403, Outcome::abandoned},
      {Kind::loop, 508, Outcome::abandoned},        {Kind::connect, 502, Outcome::failed},
      {Kind::timeout, 504, Outcome::failed},        {Kind::malformed, 502, Outcome::abandoned},
      {Kind::broken_off, 502, Outcome::failed},     {Kind::tls, 502, Outcome::failed}};
  for (const auto& row : cases) {
    EXPECT_EQ(status_of(row.kind), row.status) << static_cast<int>(row.kind);
    EXPECT_EQ(limit_outcome_of(row.kind), row.outcome) << static_cast<int>(row.kind);
    EXPECT_EQ(is_of_client(row.kind), row.kind == Kind::client_body);
  }
}

TEST(AnUpstreamError, ComesOfEveryWayInWhichDiallingFails) {
  using Dial = origin::DialFailure::Kind;
  struct Case {
    Dial dial;
    Kind kind;
  };
  const std::vector<Case> cases{{Dial::dns, Kind::connect},       {Dial::forbidden, Kind::refused_target},
                                {Dial::loop, Kind::loop},         {Dial::connect, Kind::connect},
                                {Dial::timed_out, Kind::timeout}, {Dial::tls, Kind::tls},
                                {Dial::parent, Kind::connect}};
  for (const auto& row : cases) {
    const auto error = error_of({row.dial, "why"});
    EXPECT_EQ(error.kind, row.kind);
    EXPECT_EQ(error.what, "why");
    EXPECT_FALSE(error.retryable);
    EXPECT_EQ(status_of(row.dial), status_of(row.kind));
  }
}

TEST(AnUpstream, CannotBeReachedWhereItWasAskedAndNoResponseCame) {
  for (const auto kind : {Kind::connect, Kind::timeout, Kind::broken_off, Kind::tls}) EXPECT_TRUE(is_unreachable(kind));
  for (const auto kind : {Kind::client_body, Kind::refused_target, Kind::loop, Kind::malformed})
    EXPECT_FALSE(is_unreachable(kind));
}

}  // namespace
}  // namespace cachearr::fetch
