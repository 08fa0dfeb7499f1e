#include "authority/client_state.hpp"

namespace cachearr::authority {
namespace {

constexpr std::size_t kMaxSessions = 256;
/// A resumed connection skips the check of the certificate, so what was checked must be recent.
constexpr std::time_t kMaxSessionAge = 3600;

template <class State>
void release(void*, void* state, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<State*>(state);
}

int context_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &release<ContextState>);
  return index;
}

int connection_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &release<ConnectionState>);
  return index;
}

bool may_resume(const SSL_SESSION* session, std::time_t kept_at) {
  if (std::time(nullptr) - kept_at > kMaxSessionAge || SSL_SESSION_is_resumable(session) != 1) return false;
  const X509* peer = SSL_SESSION_get0_peer(const_cast<SSL_SESSION*>(session));
  return peer == nullptr || X509_cmp_current_time(X509_get0_notAfter(peer)) > 0;
}

}  // namespace

void ContextState::keep(const std::string& host, SessionPtr session) {
  const std::lock_guard lock{mutex_};
  if (sessions_.size() >= kMaxSessions && !sessions_.contains(host)) sessions_.erase(sessions_.begin());
  sessions_[host] = Kept{std::move(session), std::time(nullptr)};
}

SessionPtr ContextState::take(const std::string& host) {
  const std::lock_guard lock{mutex_};
  const auto found = sessions_.find(host);
  if (found == sessions_.end()) return nullptr;
  const auto& kept = found->second;
  const bool usable = may_resume(kept.session.get(), kept.at);
  if (usable && SSL_SESSION_get_protocol_version(kept.session.get()) < TLS1_3_VERSION) {
    SSL_SESSION_up_ref(kept.session.get());
    return SessionPtr{kept.session.get()};
  }
  SessionPtr last = std::move(found->second.session);
  sessions_.erase(found);
  return usable ? std::move(last) : nullptr;
}

ContextState& state_of(SSL_CTX* context) {
  auto* state = static_cast<ContextState*>(SSL_CTX_get_ex_data(context, context_index()));
  if (state == nullptr) {
    state = new ContextState;
    SSL_CTX_set_ex_data(context, context_index(), state);
  }
  return *state;
}

ConnectionState& state_of(SSL* connection) {
  auto* state = static_cast<ConnectionState*>(SSL_get_ex_data(connection, connection_index()));
  if (state == nullptr) {
    state = new ConnectionState;
    SSL_set_ex_data(connection, connection_index(), state);
  }
  return *state;
}

}  // namespace cachearr::authority
