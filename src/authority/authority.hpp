// The local certificate authority: the key that clients of this proxy trust, limited to the hosts that rules intercept.
//
// It lives in one directory (0700) as ca.key (0600, PKCS#8) and ca.pem. The limit is in the certificate itself (name
// constraints, critical), so that a stolen key is worth no more than the intercepted hosts. A permitted name
// "example.org" also permits everything below it; which hosts are intercepted in fact is for the rules to say.
// Immutable once made; copies share key and certificate; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/result.hpp"

struct x509_st;
struct evp_pkey_st;

namespace cachearr::authority {

class Authority {
 public:
  /// Makes an authority for `hosts` ("example.org", "*.example.org") and keeps it in `directory`, which is made where
  /// missing. An earlier one is an error, unless `renew`: then its key is gone for good, and clients must be told to
  /// trust the new certificate.
  static Result<Authority> init(const std::string& directory, const std::vector<std::string>& hosts, bool renew,
                                TimePoint now);
  /// Reads it back. Refused: a directory or key that others may read or that belongs to somebody else, a key that is
  /// not the certificate's, a certificate without critical name constraints.
  static Result<Authority> load(const std::string& directory);
  /// True where `directory` holds an authority, readable or not: what `intercept.enabled: auto` asks.
  static bool exists(const std::string& directory);

  /// True where a client may believe a leaf for `host`.
  bool covers(std::string_view host) const;
  /// Those of `hosts` (wildcards allowed) for which a new authority is needed: "ca init --renew".
  std::vector<std::string> not_covered(const std::vector<std::string>& hosts) const;
  /// The permitted names, as the certificate has them.
  const std::vector<std::string>& hosts() const noexcept { return names_; }
  TimePoint not_before() const noexcept { return not_before_; }
  TimePoint not_after() const noexcept { return not_after_; }
  /// SHA-256, "AB:CD:…".
  const std::string& fingerprint() const noexcept { return fingerprint_; }
  /// "cachearr local authority 1A2B3C4D": what clients show, and what users look for when they remove it.
  const std::string& name() const noexcept { return name_; }

  x509_st* certificate() const noexcept { return certificate_.get(); }
  evp_pkey_st* key() const noexcept { return key_.get(); }

 private:
  Authority(std::shared_ptr<x509_st> certificate, std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<x509_st> certificate_;
  std::shared_ptr<evp_pkey_st> key_;
  std::vector<std::string> names_;
  std::string fingerprint_, name_;
  TimePoint not_before_{}, not_after_{};
};

}  // namespace cachearr::authority
