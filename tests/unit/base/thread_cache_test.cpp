#include <array>
#include <cstddef>
#include <gtest/gtest.h>
#include <malloc.h>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace cachearr {
namespace {

constexpr std::size_t kBlock = 1500;

std::size_t bytes_in_use() { return mallinfo2().uordblks; }

void take_and_free(std::size_t count, std::size_t size) {
  std::vector<void*> blocks(count);
  for (auto*& block : blocks) block = ::operator new(size);
  for (auto* const block : blocks) ::operator delete(block);
}

/// What a thread does to the heap, measured by itself. Its own arena's figures are in the sum.
template <class Work>
std::ptrdiff_t kept_by(const Work& work) {
  std::ptrdiff_t kept = 0;
  std::thread{[&] {
    take_and_free(1, kBlock);
    const auto before = bytes_in_use();
    work();
    kept = static_cast<std::ptrdiff_t>(bytes_in_use()) - static_cast<std::ptrdiff_t>(before);
  }}.join();
  return kept;
}

}  // namespace

TEST(ThreadCache, KeepsWhatARequestFrees) {
  EXPECT_GE(kept_by([] { take_and_free(60, kBlock); }), 50 * static_cast<std::ptrdiff_t>(kBlock));
}

TEST(ThreadCache, GivesKeptBlocksOutAgain) {
  EXPECT_LT(kept_by([] {
              for (int round = 0; round < 100; ++round) take_and_free(60, kBlock);
            }),
            70 * static_cast<std::ptrdiff_t>(kBlock));
}

TEST(ThreadCache, KeepsTwoMegabytesAtMost) {
  const auto kept = kept_by([] {
    for (std::size_t size = 100; size < 2000; size += 16) take_and_free(2000, size);
  });
  EXPECT_LT(kept, 2'600'000);  // glibc keeps a little as well
}

TEST(ThreadCache, KeepsNothingLarge) {
  EXPECT_LT(kept_by([] { take_and_free(60, 5000); }), 60 * 1000);
}

TEST(ThreadCache, EndsWithItsThread) {
  std::thread{[] { take_and_free(1, kBlock); }}.join();
  const auto before = bytes_in_use();
  for (int round = 0; round < 20; ++round) std::thread{[] { take_and_free(60, kBlock); }}.join();
  EXPECT_LT(bytes_in_use(), before + 60 * kBlock);
}

TEST(ThreadCache, LetsAnyThreadFree) {
  std::array<std::string*, 100> texts{};
  for (auto*& text : texts) text = new std::string(kBlock, 'x');
  std::thread{[&] {
    for (auto* const text : texts) delete text;
  }}.join();
}

}  // namespace cachearr
