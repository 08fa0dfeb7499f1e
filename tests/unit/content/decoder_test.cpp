#include "content/decoder.hpp"

#include <gtest/gtest.h>
#include <random>
#include <string>

#include "unit/content/packed.hpp"

namespace cachearr::content {
namespace {

using test::kPackings;

DecodeState state_of(std::string_view coding, std::string_view body, DecodeBounds bounds = {}) {
  Decoder decoder{coding, bounds};
  std::string out;
  while (decoder.feed(body, out) == DecodeState::pending) {}
  return decoder.finish();
}

std::string some_text(std::size_t size) {
  std::mt19937 random{7};
  std::string text;
  while (text.size() < size) text += std::to_string(random() % 5000) + (random() % 9 == 0 ? "\n" : " words ");
  text.resize(size);
  return text;
}

TEST(Decoder, UndoesEachCodingAndListsOfThem) {
  const auto text = some_text(400'000);
  for (const auto& [coding, pack] : kPackings) EXPECT_EQ(decode(coding, pack(text)), text) << coding;
  EXPECT_EQ(decode("", text), text);
}

TEST(Decoder, GivesTheSameInSmallPiecesAndSmallSteps) {
  const auto text = some_text(20'000);
  for (const auto& [coding, pack] : kPackings) {
    const auto packed = pack(text);
    Decoder decoder{coding};
    std::string out;
    for (std::size_t at = 0; at < packed.size(); at += 7) {
      auto piece = std::string_view{packed}.substr(at, 7);
      DecodeState state{};
      do {
        const auto before = out.size();
        state = decoder.feed(piece, out, 100);
        ASSERT_LE(out.size() - before, 100U) << coding;
      } while (state == DecodeState::pending);
      ASSERT_EQ(state, DecodeState::more) << coding;
    }
    EXPECT_EQ(decoder.finish(), DecodeState::whole) << coding;
    EXPECT_EQ(out, text) << coding;
  }
}

TEST(Decoder, SaysOfEveryBeginningThatItIsCutOff) {
  const auto text = some_text(300);
  for (const auto& [coding, pack] : kPackings) {
    if (std::string_view{coding} == "identity") continue;
    const auto packed = pack(text);
    for (std::size_t size = 0; size < packed.size(); ++size)
      ASSERT_EQ(state_of(coding, std::string_view{packed}.substr(0, size)), DecodeState::cut_off) << coding << size;
  }
}

TEST(Decoder, SaysOfWhatIsNoSuchStreamThatItIsBroken) {
  for (const char* coding : {"gzip", "br", "zstd", "deflate"}) {
    EXPECT_EQ(state_of(coding, "{\"this\": \"is not packed at all, whatever the field says\"}"), DecodeState::broken)
        << coding;
  }
  auto damaged = test::gzipped(some_text(5000));
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 0x55);
  EXPECT_EQ(state_of("gzip", damaged), DecodeState::broken);
}

TEST(Decoder, TakesNothingBehindTheEndButAnotherMemberOrZeros) {
  EXPECT_EQ(decode("gzip", test::gzipped("one") + test::gzipped("two")), "onetwo");
  EXPECT_EQ(decode("gzip", test::gzipped("one") + std::string(20, '\0')), "one");
  EXPECT_EQ(state_of("gzip", test::gzipped("one") + "junk"), DecodeState::broken);
  EXPECT_EQ(state_of("br", test::brotlied("one") + "junk"), DecodeState::broken);
  EXPECT_EQ(state_of("deflate", test::deflated("one", 15) + "junk"), DecodeState::broken);
}

TEST(Decoder, KnowsWhatItDoesNotKnow) {
  for (const char* coding : {"compress", "aws-chunked", "gzip, nonsense", "gzip, gzip, gzip, gzip"})
    EXPECT_EQ(state_of(coding, "abc"), DecodeState::unknown) << coding;
}

TEST(Decoder, EndsWhereTheSizeIsBeyondItsBound) {
  const auto text = some_text(5000);
  for (const auto& [coding, pack] : kPackings) {
    EXPECT_EQ(state_of(coding, pack(text), {4999}), DecodeState::too_large) << coding;
    EXPECT_EQ(state_of(coding, pack(text), {5000}), DecodeState::whole) << coding;
  }
}

TEST(Decoder, EndsABombEarlyWhateverItsCoding) {
  const std::string zeros(std::size_t{40} << 20, '\0');
  for (const auto& [coding, pack] : kPackings) {
    if (std::string_view{coding} == "identity") continue;
    const auto bomb = pack(zeros);
    ASSERT_LT(bomb.size(), 64U * 1024) << coding;
    Decoder decoder{coding};
    std::string out;
    std::string_view rest{bomb};
    while (decoder.feed(rest, out) == DecodeState::pending) {}
    EXPECT_EQ(decoder.finish(), DecodeState::too_large) << coding;
    EXPECT_LT(out.size(), std::size_t{12} << 20) << coding;
  }
}

TEST(Decoder, MakesNoMoreThanAStepAtOnce) {
  const auto bomb = test::gzipped(std::string(std::size_t{33} << 20, 'x'));
  Decoder decoder{"gzip"};
  std::string out;
  std::string_view rest{bomb};
  EXPECT_EQ(decoder.feed(rest, out), DecodeState::pending);
  EXPECT_EQ(out.size(), kDecodeStep);
}

TEST(Decoder, SurvivesAnyBytes) {
  std::mt19937 random{5};
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 200, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    for (const auto& [coding, pack] : kPackings) decode(coding, bytes);
  }
}

}  // namespace
}  // namespace cachearr::content
