// The two kinds of certificates this program makes. Private to this module; functions of what they are given, any
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "authority/openssl.hpp"
#include "base/result.hpp"

namespace cachearr::authority {

inline constexpr std::chrono::hours kBackdating{1};  // for clients whose clock is behind
inline constexpr std::chrono::days kAuthorityLife{730};
inline constexpr std::chrono::days kLeafLife{7};

/// A new P-256 key, or null.
KeyPtr new_key();
/// The same, in the form that is quick to put into many certificates.
KeyPtr new_leaf_key();
/// CA:TRUE,pathlen:0; keyCertSign only; for servers only; name constraints, critical: `names` permitted, all IP
/// addresses excluded. REQUIRES: names from permitted_names(), not empty.
Result<CertificatePtr> make_authority(EVP_PKEY* key, const std::vector<std::string>& names, TimePoint now);
/// For `host` alone, by subjectAltName; no subject; at most kLeafLife, never beyond the authority's own end.
/// REQUIRES: `host` canonical and within the authority's constraints.
Result<CertificatePtr> make_leaf(EVP_PKEY* leaf_key, const std::string& host, const X509* authority,
                                 EVP_PKEY* authority_key, TimePoint now);
/// The permitted DNS names of a certificate's constraints, as written there.
std::vector<std::string> permitted_names_of(const X509* certificate);
TimePoint time_of(const ASN1_TIME* time);

}  // namespace cachearr::authority
