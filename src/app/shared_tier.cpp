#include "app/shared_tier.hpp"

#include <cerrno>
#include <unistd.h>
#include <utility>

#include "app/config/setting_values.hpp"
#include "app/read_file.hpp"
#include "base/ip_address.hpp"
#include "shared/server_address.hpp"

namespace cachearr::app {

namespace {

constexpr std::size_t kShortestSecret = 32;

bool is_shared(const SharedConfig& config) { return !config.redis_url.empty() && !config.secret_file.empty(); }

/// `otherwise`: what is to be done where it is not there.
Error unread(const std::string& setting, const std::string& file, const std::string& otherwise) {
  const int why = ::access(file.c_str(), R_OK) == 0 ? EIO : errno;
  return Error{setting + ": " + unreadable(file, why).what + (why == ENOENT ? otherwise : std::string{})};
}

Result<shared::ServerAddress> address_of(const SharedConfig& config) {
  auto address = shared::parse_server_address(config.redis_url);
  if (!address) return Error{"shared.redis_url: " + address.error().what};
  if (!config.username.empty()) address->user = config.username;
  if (config.password_file.empty()) return address;
  auto password = content_of_file(config.password_file);
  if (!password) return unread("shared.password_file", config.password_file, {});
  address->password = *std::move(password);
  return address;
}

}  // namespace

Result<std::optional<std::string>> shared_secret(const SharedConfig& config) {
  if (!is_shared(config)) return std::optional<std::string>{};
  auto secret = content_of_file(config.secret_file);
  if (!secret)
    return unread("shared.secret_file", config.secret_file,
                  "; \"cachearr shared secret make\" makes one, \"cachearr shared secret import\" takes another's");
  if (secret->size() < kShortestSecret)
    return Error{"shared.secret_file: " + config.secret_file + " holds fewer than 32 bytes"};
  if (const auto address = address_of(config); !address) return address.error();
  if (!config.ca_file.empty() && !content_of_file(config.ca_file)) return unread("shared.ca_file", config.ca_file, {});
  return std::optional{*std::move(secret)};
}

std::string shared_problem(const SharedConfig& config) {
  if (config.redis_url.empty() || !config.secret_file.empty()) return {};
  return "a Redis is named (shared.redis_url), but no secret (shared.secret_file): nothing is shared";
}

std::vector<std::string> shared_notes(const SharedConfig& config) {
  std::vector<std::string> notes;
  if (auto problem = shared_problem(config); !problem.empty()) notes.push_back(std::move(problem));
  if (config.redis_url.empty()) return notes;
  const auto address = shared::parse_server_address(config.redis_url);
  if (!address || address->tls) return notes;
  for (const auto& host : address->hosts)
    if (!ip::is_private_host(host.name))
      notes.push_back("shared.redis_url: " + host.name +
                      " is in no private network, and redis:// is not encrypted: the password can be read on the way; "
                      "use rediss://");
  return notes;
}

Result<std::unique_ptr<shared::Tier>> make_shared_tier(const SharedConfig& config, const SharedSecrets& secrets,
                                                       store::Store& store, const Clock& clock,
                                                       authority::ClientContexts& contexts) {
  if (!is_shared(config)) return std::unique_ptr<shared::Tier>{};
  auto address = address_of(config);
  if (!address) return address.error();
  shared::TierOptions options;
  if (address->tls)
    options.trust = std::make_shared<const net::TlsTrust>(
        net::TlsTrust{contexts, true, config.ca_file, config.certificate_file, config.key_file});
  options.address = std::move(*address);
  options.server_name = config.server_name;
  options.secret = secrets.common;
  options.prefix = config.prefix;
  options.instance = config.instance.empty() ? shared::default_instance_name(store, secrets.own) : config.instance;
  options.records = config.records;
  options.collapse = config.collapse;
  options.lookup_timeout = config.lookup_timeout;
  options.max_object_bytes = config.max_object_bytes;
  options.min_ttl = config.min_ttl;
  options.negatives = config.negatives;
  options.blind_after = config.blind_after;
  return std::make_unique<shared::Tier>(std::move(options), store, clock);
}

}  // namespace cachearr::app
