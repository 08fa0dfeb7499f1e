#include "authority/host_names.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace cachearr::authority {
namespace {

bool is_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= 63 && std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool is_number(std::string_view label) noexcept {
  return std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string canonical_host(std::string_view host) {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  return text::to_lower(host);
}

bool is_dns_name(std::string_view host) noexcept {
  if (host.empty() || host.size() > 253) return false;
  for (;;) {
    const auto dot = host.find('.');
    const auto label = host.substr(0, dot);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) return !is_number(label);  // "192.0.2.1" ends in a number, no name does
    host.remove_prefix(dot + 1);
  }
}

bool is_within(std::string_view host, std::string_view name) noexcept {
  if (host.size() == name.size()) return host == name;
  return host.size() > name.size() && host.ends_with(name) && host[host.size() - name.size() - 1] == '.';
}

Result<std::vector<std::string>> permitted_names(const std::vector<std::string>& hosts) {
  std::vector<std::string> names;
  for (const auto& host : hosts) {
    auto name = canonical_host(host);
    if (name.starts_with("*.")) name.erase(0, 2);
    if (!is_dns_name(name)) return Error{"\"" + host + "\" is no host name that an authority could be limited to"};
    if (name.find('.') == std::string::npos) {
      return Error{"\"" + host + "\" has no dot: an authority limited to it could sign for a whole top-level domain"};
    }
    names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const auto all = names;
  std::erase_if(names, [&all](const std::string& name) {
    return std::any_of(all.begin(), all.end(),
                       [&name](const std::string& other) { return other != name && is_within(name, other); });
  });
  return names;
}

}  // namespace cachearr::authority
