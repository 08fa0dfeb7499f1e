#include "upkeep/history/row_codec.hpp"

#include "limit/state_codec.hpp"

namespace cachearr::upkeep {

namespace {

using limit::StateReader;
using limit::StateWriter;

constexpr std::uint64_t kRowFormat = 1;
constexpr std::int64_t kMostPlaces = 1'000'000, kMostNumbers = 1'000'000'000;  // more is nonsense
constexpr std::size_t kBuckets = std::tuple_size_v<Buckets>;
static_assert(kFigures <= 64 && kBuckets * kLatencies <= 64);

/// A mask of what is not 0, then these.
template <class Get>
void write_sparse(StateWriter& to, std::size_t count, Get get) {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < count; ++i) mask |= std::uint64_t{get(i) != 0} << i;
  to.number(mask);
  for (std::size_t i = 0; i < count; ++i)
    if (get(i) != 0) to.number(get(i));
}

/// False where the mask names what is not known.
template <class Slot>
bool read_sparse(StateReader& from, std::size_t count, Slot slot) {
  const auto mask = from.number();
  if ((mask >> count) != 0) return false;
  for (std::size_t i = 0; i < count; ++i)
    if ((mask >> i & 1) != 0) slot(i) = from.number();
  return from.ok();
}

void write_figures(StateWriter& to, const Figures& figures) {
  write_sparse(to, kFigures, [&](std::size_t i) { return figures.values[i]; });
  write_sparse(to, kLatencies * kBuckets, [&](std::size_t i) { return figures.latencies[i / kBuckets][i % kBuckets]; });
}

bool read_figures(StateReader& from, Figures& figures) {
  return read_sparse(
             from, kFigures, [&](std::size_t i) -> auto& { return figures.values[i]; }) &&
         read_sparse(
             from, kLatencies * kBuckets, [&](std::size_t i) -> auto& {
               return figures.latencies[i / kBuckets][i % kBuckets];
             });
}

void write_names(StateWriter& to, const FiguresByName& by_name) {
  to.number(by_name.size());
  for (const auto& [name, figures] : by_name) {
    to.text(name);
    write_figures(to, figures);
  }
}

bool read_names(StateReader& from, FiguresByName& by_name) {
  const auto count = from.number();
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto name = from.text();
    if (!from.ok() || !read_figures(from, by_name[std::string{name}])) return false;
  }
  return from.ok();
}

std::string encode(const Sample& sample) {
  StateWriter to;
  write_figures(to, sample.whole);
  write_names(to, sample.upstreams);
  write_names(to, sample.types);
  return to.take();
}

}  // namespace

std::string encode_row(Sample sample) {
  for (auto most = kMostNames;; most /= 2) {
    keep_busiest(sample.upstreams, most);
    keep_busiest(sample.types, most);
    auto bytes = encode(sample);
    if (bytes.size() <= kMostRowBytes || most == 0) return bytes;
  }
}

std::optional<Sample> decode_row(std::string_view bytes) {
  StateReader from{bytes};
  Sample sample;
  const bool sound = read_figures(from, sample.whole) && read_names(from, sample.upstreams) &&
                     read_names(from, sample.types) && from.at_end();
  return sound ? std::optional{std::move(sample)} : std::nullopt;
}

std::string begin_segment(const SegmentName& name) {
  StateWriter to;
  to.number(kRowFormat);
  to.signed_number(name.step);
  to.signed_number(name.number);
  return to.take();
}

void append_row(std::string& segment, std::uint64_t place, std::string_view row) {
  StateWriter to;
  to.number(place);
  to.text(row);
  segment += to.take();
}

SegmentState read_segment(std::string_view segment, std::optional<SegmentName>& name,
                          const std::function<void(std::uint64_t place, std::string_view row)>& visit) {
  StateReader from{segment};
  if (from.number() != kRowFormat) return SegmentState::unreadable;
  SegmentName found;
  found.step = from.signed_number();
  found.number = from.signed_number();
  const bool sensible =
      found.step > 0 && found.step <= kMostPlaces && found.number >= 0 && found.number <= kMostNumbers;
  if (!from.ok() || !sensible) return SegmentState::unreadable;
  name = found;
  while (!from.at_end()) {
    const auto place = from.number();
    const auto row = from.text();
    if (!from.ok() || place > static_cast<std::uint64_t>(kMostPlaces)) return SegmentState::unreadable;
    visit(place, row);
  }
  return SegmentState::sound;
}

}  // namespace cachearr::upkeep
