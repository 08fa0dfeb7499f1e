// What the process holds of its own follows the budget, whatever goes through the store. Mapped pages of the store's
// file are the kernel's cache and do not count.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "store/store.hpp"
#include "unit/store/two_tier.hpp"

namespace cachearr::store {
namespace {

using test::kMiB;

// As src/store/README.md states it.
constexpr std::uint64_t kBeyond = 48 * kMiB;

std::uint64_t own_bytes() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stoull(line.substr(8)) * 1024;
  }
  return 0;
}

/// As bodies are: many small ones, some images, a few large files.
std::size_t some_size(std::mt19937& random) {
  const auto kind = random() % 100;
  if (kind < 80) return 500 + random() % 20'000;
  if (kind < 98) return 20'000 + random() % 300'000;
  return 500'000 + random() % 3'000'000;
}

class MemoryBound : public test::TwoTier {
 protected:
  void SetUp() override {
    options.memory_max = 32 * kMiB;
    options.disk_path = folder.path();
    options.disk_max = 256 * kMiB;
    auto made = make_store(options, clock);
    ASSERT_TRUE(made);
    store = std::move(made).value();
  }
};

/// The sanitizers' allocators keep what is freed for a while.
constexpr bool kOwnAllocator =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    true;
#else
    false;
#endif
#else
    false;
#endif

TEST_F(MemoryBound, HoldsWhileAnswersOfAllSizesComeAndGo) {
  if (kOwnAllocator) GTEST_SKIP();
  const auto before = own_bytes();
  std::vector<std::jthread> clients;
  for (unsigned seed = 0; seed < 3; ++seed) {
    clients.emplace_back([this, seed] {
      std::mt19937 random{seed};
      for (int i = 0; i < 4'000; ++i) {
        const auto key = std::to_string(random() % 3'000);
        if (random() % 3 == 0) {
          find(key);
        } else {
          put({.key = key, .body = std::string(some_size(random), 'x')});
        }
      }
    });
  }
  std::uint64_t most = 0;
  std::jthread watch{[&](const std::stop_token& stopped) {
    while (!stopped.stop_requested()) {
      most = std::max(most, own_bytes());
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
  }};
  clients.clear();
  watch.request_stop();
  watch.join();
  EXPECT_LE(most, before + options.memory_max + kBeyond);
}

}  // namespace
}  // namespace cachearr::store
