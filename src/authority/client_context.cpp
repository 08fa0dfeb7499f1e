#include "authority/client_context.hpp"

#include <arpa/inet.h>
#include <array>
#include <openssl/err.h>
#include <optional>

#include "authority/client_state.hpp"
#include "authority/tls_settings.hpp"

namespace cachearr::authority {
namespace {

/// Longer chains and larger certificate messages are attacks or mistakes; the public web needs 4 and about 40 KB.
constexpr int kMaxChainDepth = 8;
constexpr long kMaxCertificateBytes = 100 * 1024;

bool is_own(SSL* ssl, const X509* certificate) {
  const auto& own = state_of(SSL_get_SSL_CTX(ssl)).own_fingerprint;
  return !own.empty() && certificate != nullptr && fingerprint_of(certificate) == own;
}

void keep_refused(SSL* ssl, X509* leaf) {
  if (leaf == nullptr || X509_up_ref(leaf) != 1) return;
  state_of(ssl).refused.reset(leaf);
}

/// Our own authority is trusted by this machine's clients, so it may sit in the system's store. As an upstream's issuer
/// it proves nothing: either this proxy talks to itself, or somebody has the key.
int on_certificate(int believed, X509_STORE_CTX* chain) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (is_own(ssl, X509_STORE_CTX_get_current_cert(chain))) {
    state_of(ssl).is_own_authority = true;
    X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REJECTED);
    believed = 0;
  }
  if (believed == 0) keep_refused(ssl, X509_STORE_CTX_get0_cert(chain));
  return believed;
}

int on_session(SSL* ssl, SSL_SESSION* session) {
  state_of(SSL_get_SSL_CTX(ssl)).keep(state_of(ssl).host, SessionPtr{session});
  return 1;  // the reference is ours now
}

bool load_roots(SSL_CTX* context, const ClientTls& settings) {
  if (settings.ca_file.empty()) return SSL_CTX_set_default_verify_paths(context) == 1;
  // A file named for one upstream may hold that upstream's own certificate or an intermediate one, and no root.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  return SSL_CTX_load_verify_file(context, settings.ca_file.c_str()) == 1;
}

void demand_a_good_certificate(SSL_CTX* context) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, &on_certificate);
  SSL_CTX_set_verify_depth(context, kMaxChainDepth);
  auto* param = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  check_stapled_status(context);
}

void remember_sessions(SSL_CTX* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &on_session);
}

/// Nobody is there to be asked for the password of a key.
int no_password(char*, int, int, void*) { return -1; }

/// The certificate with those that issued it, and its key.
std::optional<Error> show_certificate(SSL_CTX* context, const ClientTls& settings) {
  if (settings.certificate_file.empty()) return std::nullopt;
  if (SSL_CTX_use_certificate_chain_file(context, settings.certificate_file.c_str()) != 1)
    return Error{settings.certificate_file + " could not be read as a certificate (PEM): " + last_openssl_error()};
  SSL_CTX_set_default_passwd_cb(context, &no_password);
  const auto& key = settings.key_file.empty() ? settings.certificate_file : settings.key_file;
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
    return Error{key + " could not be read as the certificate's key (PEM): " + last_openssl_error()};
  return std::nullopt;
}

Result<ContextHandle> make(const ClientTls& settings, const std::string& own_fingerprint) {
  ContextPtr context{SSL_CTX_new(TLS_client_method())};
  if (!context || !apply_common_settings(context.get(), kCiphersForUpstreams))
    return Error{"TLS is not available: " + last_openssl_error()};
  static constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context.get(), kHttp11.data(), kHttp11.size());
  SSL_CTX_set_max_cert_list(context.get(), kMaxCertificateBytes);
  auto& state = state_of(context.get());
  state.own_fingerprint = own_fingerprint;
  state.system_roots = settings.ca_file.empty();
  if (settings.verify) {
    if (!load_roots(context.get(), settings)) {
      const auto source = settings.ca_file.empty() ? std::string{"the system's certificates"} : settings.ca_file;
      return Error{source + " could not be read as certificates (PEM): " + last_openssl_error()};
    }
    demand_a_good_certificate(context.get());
  } else {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  }
  if (auto wrong = show_certificate(context.get(), settings)) return *std::move(wrong);
  remember_sessions(context.get());
  return ContextHandle{context.release(), &SSL_CTX_free};
}

std::string key_of(const ClientTls& settings) {
  return (settings.verify ? "1" : "0") + settings.ca_file + '\0' + settings.certificate_file + '\0' + settings.key_file;
}

bool is_address(const std::string& host) {
  std::array<unsigned char, 16> address{};
  return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

std::string bare(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  return std::string{host};
}

}  // namespace

ClientContexts::ClientContexts(std::string own_fingerprint) : own_fingerprint_{std::move(own_fingerprint)} {}

Result<ContextHandle> ClientContexts::get(const ClientTls& settings) {
  const std::lock_guard lock{mutex_};
  const auto key = key_of(settings);
  if (const auto found = contexts_.find(key); found != contexts_.end()) return found->second;
  auto made = make(settings, own_fingerprint_);
  if (made) contexts_.emplace(key, made.value());
  return made;
}

void ClientContexts::reset(std::string own_fingerprint) {
  const std::lock_guard lock{mutex_};
  own_fingerprint_ = std::move(own_fingerprint);
  contexts_.clear();
}

bool prepare(SSL* ssl, std::string_view host) {
  auto& state = state_of(ssl);
  state.host = bare(host);
  if (state.host.empty() || state.host.find('\0') != std::string::npos) return false;
  auto* param = SSL_get0_param(ssl);
  const bool verifies = SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE;
  const bool literal = is_address(state.host);
  if (!literal && SSL_set_tlsext_host_name(ssl, state.host.c_str()) != 1) return false;
  if (verifies) {
    const int set = literal ? X509_VERIFY_PARAM_set1_ip_asc(param, state.host.c_str())
                            : X509_VERIFY_PARAM_set1_host(param, state.host.data(), state.host.size());
    if (set != 1) return false;
  }
  if (const auto session = state_of(SSL_get_SSL_CTX(ssl)).take(state.host)) SSL_set_session(ssl, session.get());
  return true;
}

}  // namespace cachearr::authority
