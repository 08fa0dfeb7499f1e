// How each system is told to trust the local authority, and how that is undone. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cachearr::authority {

struct TrustFacts {
  std::string name;  // of the authority: "cachearr local authority 1A2B3C4D"
  std::string url;   // where clients get the certificate: "http://127.0.0.1:9797/ca.pem"
};

/// The steps for one system. Lines are commands or settings as they are typed; those that begin with '#' are remarks.
struct TrustSteps {
  std::string_view id;     // "debian", for the command line
  std::string_view title;  // "Debian, Ubuntu"
  std::string trust, undo;
};

/// All systems, in the order in which they are worth reading.
std::vector<TrustSteps> trust_steps(const TrustFacts& facts);

}  // namespace cachearr::authority
