// Certificates for intercepted hosts, minted when first asked for.
//
// Owner: the application, one for each loaded authority. Thread-safe; a look-up takes one short lock, a mint (about 100
// us) happens outside of it. Connections that were given out live on without the cache.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include <cachearr/clock.hpp>

#include "authority/authority.hpp"
#include "authority/context_handle.hpp"
#include "base/result.hpp"

struct ssl_st;

namespace cachearr::authority {

class LeafCache {
 public:
  static constexpr std::size_t kMaxHosts = 1000;
  using CertificateHandle = std::shared_ptr<x509_st>;

  /// Fails where no key can be made. `clock` outlives the cache and every connection that it gave out.
  static Result<std::unique_ptr<LeafCache>> make(Authority authority, const Clock& clock,
                                                 std::size_t max_hosts = kMaxHosts);

  /// The server side of one connection to `host`, for SSL_set_fd and SSL_accept: the host's leaf and the process's one
  /// leaf key, TLS 1.2 and 1.3, ALPN http/1.1 and, with `http2`, h2 before it, tickets whose keys live at most 12 hours
  /// and in memory only, no early data. Refused as mint() refuses.
  Result<ConnectionHandle> connection(std::string_view host, bool http2 = false);
  /// The leaf for `host`, kept until half of its life is over. Refused: a host outside the authority's name constraints
  /// (no client would believe it), an address, an authority that has expired.
  Result<CertificateHandle> mint(std::string_view host);

  const Authority& authority() const noexcept { return authority_; }
  std::size_t size() const;
  /// Leaves made so far; for metrics.
  std::uint64_t minted() const;

 private:
  struct Leaf {
    std::string host;
    CertificateHandle certificate;
    TimePoint renew_at;
  };
  using Leaves = std::list<Leaf>;

  LeafCache(Authority authority, std::shared_ptr<evp_pkey_st> leaf_key, ContextHandle context, const Clock& clock,
            std::size_t max_hosts);
  CertificateHandle find(const std::string& host, TimePoint now);
  void keep(Leaf leaf);

  const Authority authority_;
  const std::shared_ptr<evp_pkey_st> leaf_key_;
  const ContextHandle context_;
  const Clock& clock_;
  const std::size_t max_hosts_;

  mutable std::mutex mutex_;
  Leaves leaves_;                                              // guarded by mutex_; last used first
  std::unordered_map<std::string, Leaves::iterator> by_host_;  // guarded by mutex_
  std::uint64_t minted_ = 0;                                   // guarded by mutex_
};

}  // namespace cachearr::authority
