// Where an import may put what it brings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/config.hpp>

#include "base/result.hpp"

namespace cachearr::app::backup {

/// What an installation keeps for itself, of which no rules take the place: configuration, store, authority, and the
/// program's own in the state directory.
std::vector<std::string> own_places(const Config& config, const std::string& config_file);
/// Is one of these paths the other, or above it? Pure.
bool overlap(std::string_view one, std::string_view other) noexcept;
/// Why rules are not put at `target`: the configuration does not name it (`named`), or it would displace one of `own`.
/// Follows links, as a name may lead to what has another one.
std::optional<Error> check_rules_place(const std::string& target, const std::vector<std::string>& named,
                                       const std::vector<std::string>& own);
/// Why nothing from `base`, a folder above it, can take the place of `target`: a mount cannot be moved.
std::optional<Error> check_replaceable(const std::string& target, const std::string& base);
/// Why a running instance does not take a configuration that would move what it has open.
std::optional<Error> check_same_places(const Config& running, const Config& coming);

}  // namespace cachearr::app::backup
