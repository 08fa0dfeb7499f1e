#include "authority/leaf_cache.hpp"

#include <algorithm>
#include <openssl/x509.h>
#include <utility>

#include "authority/certificates.hpp"
#include "authority/host_names.hpp"
#include "authority/server_context.hpp"
#include "authority/ticket_keys.hpp"

namespace cachearr::authority {

LeafCache::LeafCache(Authority authority, std::shared_ptr<evp_pkey_st> leaf_key, ContextHandle context,
                     const Clock& clock, std::size_t max_hosts)
    : authority_{std::move(authority)},
      leaf_key_{std::move(leaf_key)},
      context_{std::move(context)},
      clock_{clock},
      max_hosts_{std::max<std::size_t>(max_hosts, 1)} {}

Result<std::unique_ptr<LeafCache>> LeafCache::make(Authority authority, const Clock& clock, std::size_t max_hosts) {
  auto key = new_leaf_key();
  if (!key) return Error{"a key for intercepted hosts could not be made: " + last_openssl_error()};
  auto context = make_server_context(std::make_shared<TicketKeys>(clock));
  if (!context) return context.error();
  std::shared_ptr<evp_pkey_st> shared_key{key.release(), &EVP_PKEY_free};
  ContextHandle shared_context{context.value().release(), &SSL_CTX_free};
  return std::unique_ptr<LeafCache>{
      new LeafCache{std::move(authority), std::move(shared_key), std::move(shared_context), clock, max_hosts}};
}

Result<ConnectionHandle> LeafCache::connection(std::string_view host, bool http2) {
  const auto leaf = mint(host);
  if (!leaf) return leaf.error();
  ConnectionHandle made{SSL_new(context_.get())};
  if (!made || !show_leaf(made.get(), leaf.value().get(), leaf_key_.get(), canonical_host(host))) {
    return Error{"TLS towards a client cannot be set up: " + last_openssl_error()};
  }
  if (http2) allow_http2(made.get());
  SSL_set_accept_state(made.get());
  return made;
}

Result<LeafCache::CertificateHandle> LeafCache::mint(std::string_view host) {
  const auto name = canonical_host(host);
  const auto now = clock_.now();
  if (auto known = find(name, now)) return known;
  if (!authority_.covers(name)) {
    return Error{"the local authority may not sign for \"" + name +
                 "\" (\"cachearr ca init --renew\" follows the rules)"};
  }
  auto made = make_leaf(leaf_key_.get(), name, authority_.certificate(), authority_.key(), now);
  if (!made) return made.error();
  const auto end = time_of(X509_get0_notAfter(made.value().get()));
  CertificateHandle leaf{made.value().release(), &X509_free};
  keep(Leaf{name, leaf, now + (end - now) / 2});
  return leaf;
}

LeafCache::CertificateHandle LeafCache::find(const std::string& host, TimePoint now) {
  const std::lock_guard lock{mutex_};
  const auto found = by_host_.find(host);
  if (found == by_host_.end() || now >= found->second->renew_at) return nullptr;
  leaves_.splice(leaves_.begin(), leaves_, found->second);
  return found->second->certificate;
}

void LeafCache::keep(Leaf leaf) {
  const std::lock_guard lock{mutex_};
  ++minted_;
  if (const auto found = by_host_.find(leaf.host); found != by_host_.end()) {
    leaves_.erase(found->second);
    by_host_.erase(found);
  }
  leaves_.push_front(std::move(leaf));
  by_host_.emplace(leaves_.front().host, leaves_.begin());
  if (leaves_.size() <= max_hosts_) return;
  by_host_.erase(leaves_.back().host);
  leaves_.pop_back();
}

std::size_t LeafCache::size() const {
  const std::lock_guard lock{mutex_};
  return leaves_.size();
}

std::uint64_t LeafCache::minted() const {
  const std::lock_guard lock{mutex_};
  return minted_;
}

}  // namespace cachearr::authority
