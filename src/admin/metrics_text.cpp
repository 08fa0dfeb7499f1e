#include "admin/metrics_text.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sstream>

namespace cachearr::admin {

namespace {

using metrics::Family;
using metrics::Samples;
using prometheus::ClientMetric;

prometheus::MetricType type_of(Family::Type type) noexcept {
  switch (type) {
    case Family::Type::counter: return prometheus::MetricType::Counter;
    case Family::Type::gauge: return prometheus::MetricType::Gauge;
    case Family::Type::histogram: break;
  }
  return prometheus::MetricType::Histogram;
}

ClientMetric metric_of(const Family& family, const Samples::Sample& sample) {
  ClientMetric metric;
  for (std::size_t i = 0; i < sample.label_values.size(); ++i)
    metric.label.push_back({std::string{family.labels[i]}, sample.label_values[i]});
  switch (family.type) {
    case Family::Type::counter: metric.counter.value = sample.value; break;
    case Family::Type::gauge: metric.gauge.value = sample.value; break;
    case Family::Type::histogram:
      for (const auto& bucket : sample.buckets) metric.histogram.bucket.push_back({bucket.cumulative, bucket.bound});
      metric.histogram.sample_count = sample.buckets.back().cumulative;
      metric.histogram.sample_sum = sample.value;
  }
  return metric;
}

}  // namespace

std::string metrics_text(const metrics::Readings& readings) {
  std::vector<prometheus::MetricFamily> all;
  for (const auto& family : metrics::families()) {
    Samples samples;
    family.read(readings, samples);
    auto& filled = all.emplace_back();
    filled.name = family.name;
    filled.help = family.help;
    filled.type = type_of(family.type);
    for (const auto& sample : samples.all()) filled.metric.push_back(metric_of(family, sample));
  }
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, all);
  return out.str();
}

}  // namespace cachearr::admin
