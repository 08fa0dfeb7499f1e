#include "origin/connection_auth.hpp"

#include <gtest/gtest.h>

namespace cachearr::origin {
namespace {

bool binds(std::string_view name, std::string_view value, bool in_response) {
  http::RequestHead request;
  http::ResponseHead response;
  (in_response ? response.fields : request.fields).add(name, value);
  return authenticates_connection(request, response);
}

TEST(AConnection, IsOneUsersWhereItIsAuthenticatedItself) {
  for (const std::string_view value : {"NTLM", "ntlm TlRMTVNTUAAB", "Negotiate YII=", "NEGOTIATE"}) {
    EXPECT_TRUE(binds("Authorization", value, false)) << value;
    EXPECT_TRUE(binds("Proxy-Authorization", value, false)) << value;
    EXPECT_TRUE(binds("WWW-Authenticate", value, true)) << value;
    EXPECT_TRUE(binds("Proxy-Authenticate", value, true)) << value;
  }
}

TEST(AConnection, IsOneUsersWhereAnyChallengeOfAListNamesSuchAScheme) {
  EXPECT_TRUE(binds("WWW-Authenticate", "Basic realm=\"a, b\", NTLM", true));
  EXPECT_TRUE(binds("WWW-Authenticate", "Negotiate, Digest realm=x, nonce=y", true));
  http::ResponseHead lines;
  lines.fields.add("WWW-Authenticate", "Basic realm=a");
  lines.fields.add("WWW-Authenticate", "Negotiate");
  EXPECT_TRUE(authenticates_connection({}, lines));
}

TEST(AConnection, IsOneUsersWhereTheServerSaysThatItRemembersHim) {
  EXPECT_TRUE(binds("Persistent-Auth", "true", true));
}

TEST(AConnection, IsEverybodysWithCredentialsOfEachRequest) {
  for (const std::string_view value : {"Basic eA==", "Bearer ntlm", "Digest username=\"NTLM\", realm=\"x, ntlm\""}) {
    EXPECT_FALSE(binds("Authorization", value, false)) << value;
    EXPECT_FALSE(binds("WWW-Authenticate", value, true)) << value;
  }
  EXPECT_FALSE(authenticates_connection({}, {}));
}

}  // namespace
}  // namespace cachearr::origin
