#include "base/suggestion.hpp"

#include <algorithm>
#include <numeric>

#include "base/text.hpp"

namespace cachearr {

namespace {

/// Levenshtein's distance without regard to case.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (text::lower(a[i - 1]) == text::lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
  constexpr std::size_t kLongest = 64;  // longer words are no typing errors
  if (word.size() > kLongest) return {};
  std::string_view best;
  std::size_t best_distance = kLongest;
  for (const auto candidate : known) {
    const auto away = distance(word, candidate);
    if (away < best_distance) best = candidate, best_distance = away;
  }
  if (best.empty() || best_distance > std::max<std::size_t>(1, best.size() / 3)) return {};
  return ", did you mean '" + std::string{best} + "'?";
}

}  // namespace cachearr
