// Reads a rule's "match". Pure but for the problems it adds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/compiled.hpp"
#include "rules/load/json_file.hpp"

namespace cachearr::rules {

constexpr std::uint32_t method_bit(http::Method method) noexcept { return 1U << static_cast<unsigned>(method); }
inline constexpr std::uint32_t kReadMethods = method_bit(http::Method::get) | method_bit(http::Method::head);
inline constexpr std::uint32_t kSafeMethods =
    kReadMethods | method_bit(http::Method::options) | method_bit(http::Method::trace);

void read_match(const Node& node, const Upstream& upstream, Rule::Compiled& into);

/// Every capture of a rule, in the order in which it is bound.
std::vector<std::string_view> bound_names(const Rule::Compiled& rule);

}  // namespace cachearr::rules
