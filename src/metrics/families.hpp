// The table of everything that /metrics shows: each family once, with the way to read its cells. Pure.
//
// Whoever adds a counter adds its cell (metrics.hpp) and its row here; nothing else knows of it.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/readings.hpp"

namespace cachearr::metrics {

/// The samples of one family, as they are read.
class Samples {
 public:
  struct Bucket {
    std::uint64_t cumulative = 0;
    double bound = 0;  // infinity: the last one
  };
  struct Sample {
    std::vector<std::string> label_values;  // in the order of the family's labels
    double value = 0;                       // of a histogram: the sum of what was recorded
    std::vector<Bucket> buckets;            // of a histogram
  };
  using Values = std::initializer_list<std::string_view>;

  void add(Values label_values, double value) { append(label_values, value); }
  void add(Values label_values, std::uint64_t value) { append(label_values, static_cast<double>(value)); }
  /// `counts` has one more than `bounds`: what lies beyond the last. Bounds are divided by `unit`.
  void add_histogram(Values label_values, std::span<const std::uint32_t> bounds, std::span<const std::uint64_t> counts,
                     std::uint64_t sum, double unit);
  const std::vector<Sample>& all() const noexcept { return samples_; }

 private:
  Sample& append(Values label_values, double value);
  std::vector<Sample> samples_;
};

struct Family {
  enum class Type : std::uint8_t { counter, gauge, histogram };
  static constexpr std::size_t kMostLabels = 3;

  std::string_view name, help;
  Type type;
  std::array<std::string_view, kMostLabels> labels;  // empty ones: none
  void (*read)(const Readings&, Samples&);
};

/// In the order in which they are shown.
std::span<const Family> families() noexcept;

}  // namespace cachearr::metrics
