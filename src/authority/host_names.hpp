// Host names as certificates know them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace cachearr::authority {

/// Lower case, without a final dot.
std::string canonical_host(std::string_view host);
/// True for a DNS name that a certificate may carry: letters, digits, '-', '_' in labels of 1 to 63, and no IPv4
/// literal.
bool is_dns_name(std::string_view host) noexcept;
/// `host` is `name` itself or below it: what a permitted DNS name constraint means (RFC 5280 4.2.1.10). Both canonical.
bool is_within(std::string_view host, std::string_view name) noexcept;
/// The name constraints for intercepted hosts ("example.org" or "*.example.org", which both become "example.org"):
/// canonical, sorted, without those that lie within another. Refused: addresses, and names without a dot, for those
/// would be whole top-level domains.
Result<std::vector<std::string>> permitted_names(const std::vector<std::string>& hosts);

}  // namespace cachearr::authority
