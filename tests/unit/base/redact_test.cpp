#include "base/redact.hpp"

#include <gtest/gtest.h>

namespace cachearr {
namespace {

TEST(Redact, AnApiKeyInTheQueryIsHidden) {
  EXPECT_EQ(redact_url("http://indexer.test/api?t=caps&apikey=mySecret"), "http://indexer.test/api?t=caps&apikey=***");
}

TEST(Redact, AQueryWithoutSecretsStaysAsItIs) {
  std::string line;
  append_redacted(line, "/3/tv/1399", "language=en-US&append_to_response=credits,images");
  EXPECT_EQ(line, "/3/tv/1399?language=en-US&append_to_response=credits,images");
}

}  // namespace
}  // namespace cachearr
