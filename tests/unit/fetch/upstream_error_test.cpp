#include "fetch/upstream_error.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace cachearr::fetch {
namespace {

using ErrorKind = UpstreamError::Kind;
using limit::Outcome;

TEST(AnUpstreamError, TellsByItsKindWhatTheClientGetsAndTheLimitersLearn) {
  struct Case {
    ErrorKind kind;
    int status;
    Outcome outcome;
  };
  const std::vector<Case> cases{
      {ErrorKind::client_body, 400, Outcome::abandoned}, {ErrorKind::refused_target, 403, Outcome::abandoned},
      {ErrorKind::loop, 508, Outcome::abandoned},        {ErrorKind::connect, 502, Outcome::failed},
      {ErrorKind::timeout, 504, Outcome::failed},        {ErrorKind::malformed, 502, Outcome::abandoned},
      {ErrorKind::broken_off, 502, Outcome::failed},     {ErrorKind::tls, 502, Outcome::failed}};
  for (const auto& row : cases) {
    EXPECT_EQ(status_of(row.kind), row.status) << static_cast<int>(row.kind);
    EXPECT_EQ(limit_outcome_of({row.kind, "why"}), row.outcome) << static_cast<int>(row.kind);
    EXPECT_EQ(is_of_client(row.kind), row.kind == ErrorKind::client_body);
  }
}

TEST(AnUpstreamError, OfARequestThatWasNotSentCostsTheUpstreamNothing) {
  UpstreamError error{ErrorKind::connect, "why"};
  error.asked = false;
  EXPECT_EQ(limit_outcome_of(error), Outcome::unsent);
}

TEST(AnUpstreamError, ComesOfEveryWayInWhichDiallingFails) {
  using Dial = origin::DialFailure::Kind;
  struct Case {
    Dial dial;
    ErrorKind kind;
  };
  const std::vector<Case> cases{{Dial::dns, ErrorKind::connect},       {Dial::forbidden, ErrorKind::refused_target},
                                {Dial::loop, ErrorKind::loop},         {Dial::connect, ErrorKind::connect},
                                {Dial::timed_out, ErrorKind::timeout}, {Dial::tls, ErrorKind::tls},
                                {Dial::parent, ErrorKind::connect}};
  for (const auto& row : cases) {
    const auto error = error_of({row.dial, "why"});
    EXPECT_EQ(error.kind, row.kind);
    EXPECT_EQ(error.what, "why");
    EXPECT_FALSE(error.retryable);
    EXPECT_EQ(status_of(row.dial), status_of(row.kind));
  }
}

TEST(AnUpstream, CannotBeReachedWhereItWasAskedAndNoResponseCame) {
  for (const auto kind : {ErrorKind::connect, ErrorKind::timeout, ErrorKind::broken_off, ErrorKind::tls})
    EXPECT_TRUE(is_unreachable(kind));
  for (const auto kind : {ErrorKind::client_body, ErrorKind::refused_target, ErrorKind::loop, ErrorKind::malformed})
    EXPECT_FALSE(is_unreachable(kind));
}

}  // namespace
}  // namespace cachearr::fetch
