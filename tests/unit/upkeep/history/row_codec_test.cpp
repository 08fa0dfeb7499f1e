#include "upkeep/history/row_codec.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace cachearr::upkeep {
namespace {

/// Something in every figure and bucket, and in names.
Sample full_row() {
  Sample row;
  std::uint64_t next = 1;
  for (auto& value : row.whole.values) value = next *= 3;
  for (auto& buckets : row.whole.latencies)
    for (auto& bucket : buckets) bucket = ++next;
  row.upstreams["tmdb"][Figure::fetched] = 5;
  row.upstreams["sonarr"][Figure::waiting] = ~std::uint64_t{0};
  row.types["series"][Figure::hits] = 7;
  return row;
}

TEST(ARow, ComesBackAsItWas) {
  EXPECT_EQ(decode_row(encode_row(full_row())), full_row());
  EXPECT_EQ(decode_row(encode_row({})), Sample{});
}

TEST(ARow, IsSmallWhereLittleHappened) {
  Sample quiet;
  quiet.whole[Figure::entries] = 1000;
  EXPECT_LT(encode_row(quiet).size(), 12U);
}

TEST(ARow, IsRefusedWhereItIsCutOrGoesOn) {
  const auto bytes = encode_row(full_row());
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_row(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decode_row(bytes + "x"));
}

TEST(ARow, IsRefusedWhereItHoldsAnUnknownFigure) {
  std::string bytes(9, '\xff');
  EXPECT_FALSE(decode_row(bytes + std::string(400, '\1')));
}

TEST(ARow, OfVeryManyNamesStaysWithinItsBound) {
  Sample crowded;
  for (int i = 0; i < 500; ++i) {
    auto& figures = crowded.upstreams["upstream-with-a-long-name-" + std::to_string(i)];
    for (auto& value : figures.values) value = 1'000'000 + static_cast<std::uint64_t>(i);
    crowded.whole[Figure::fetched] += figures[Figure::fetched];
  }
  const auto bytes = encode_row(crowded);
  EXPECT_LE(bytes.size(), kMostRowBytes);
  const auto row = decode_row(bytes);
  ASSERT_TRUE(row);
  EXPECT_TRUE(row->upstreams.contains("upstream-with-a-long-name-499"));
  std::uint64_t fetched = 0;
  for (const auto& [name, figures] : row->upstreams) fetched += figures[Figure::fetched];
  EXPECT_EQ(fetched, crowded.whole[Figure::fetched]) << "what is taken together is lost";
}

TEST(ASegment, GivesItsRowsInOrder) {
  auto segment = begin_segment({60, 4711});
  append_row(segment, 3, "a");
  append_row(segment, 5, "bc");
  std::optional<SegmentName> name;
  std::vector<std::pair<std::uint64_t, std::string>> rows;
  const auto state = read_segment(segment, name, [&](auto place, auto row) { rows.emplace_back(place, row); });
  EXPECT_EQ(state, SegmentState::sound);
  EXPECT_EQ(name, (SegmentName{60, 4711}));
  EXPECT_EQ(rows, (std::vector<std::pair<std::uint64_t, std::string>>{{3, "a"}, {5, "bc"}}));
}

TEST(ASegment, IsUnreadableInAnotherVersionOrWithNonsense) {
  const auto state_of = [](std::string_view bytes) {
    std::optional<SegmentName> name;
    return read_segment(bytes, name, [](auto, auto) {});
  };
  EXPECT_EQ(state_of(""), SegmentState::unreadable);
  EXPECT_EQ(state_of("\2\2\2"), SegmentState::unreadable);
  EXPECT_EQ(state_of(begin_segment({0, 1})), SegmentState::unreadable);
  EXPECT_EQ(state_of(begin_segment({60, -1})), SegmentState::unreadable);
  EXPECT_EQ(state_of(begin_segment({60, 1}) + "\1\5abc"), SegmentState::unreadable);
  EXPECT_EQ(state_of(begin_segment({60, 1})), SegmentState::sound);
}

}  // namespace
}  // namespace cachearr::upkeep
