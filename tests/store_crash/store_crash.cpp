// Loads a store until it is killed, and looks afterwards whether everything is as promised.
//
//   store_crash load FOLDER ROUND keep|evict                 until killed; logs into FOLDER/log.*
//   store_crash check FOLDER ROUND keep|evict KILLED_AT_MS GRACE_MS   exit 0 if nothing was lost, torn or brought back
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/text.hpp"
#include "store/store.hpp"
#include "store_crash/history.hpp"

namespace {

using namespace cachearr;
using namespace cachearr::store;

constexpr unsigned kThreads = 2;
constexpr unsigned kKeys = 1500;
constexpr std::uint64_t kMiB = 1024 * 1024;

struct Options {
  std::string folder;
  std::uint64_t round = 0;
  bool evicting = false;
  std::int64_t killed_at = 0;
  std::int64_t grace = 0;  // what was put earlier than this before the kill has to be there

  std::string log(unsigned thread) const { return folder + "/log." + std::to_string(thread); }
  std::string found() const { return folder + "/found"; }
  StoreOptions store() const {
    StoreOptions made;
    made.memory_max = 4 * kMiB;
    made.disk_path = folder + "/store";
    made.disk_max = evicting ? 4 * kMiB : 256 * kMiB;
    // Every other round in each mode begins as with a large file: read before it is checked, written to afterwards.
    if (round % 4 < 2) made.disk_check_first = Duration{0};
    return made;
  }
};

EntryPtr make(const std::string& key, std::uint64_t version) {
  const std::string identity = "http|crash|80||" + key;
  const std::string body = crash::body_of(key, version);
  const std::array<std::string_view, 1> pieces{body};
  EntryParts parts;
  parts.id = hash128(identity);
  parts.identity = identity;
  parts.key = key;
  parts.head = "HTTP/1.1 200 OK\r\n";
  parts.body = pieces;
  parts.meta.status = 200;
  parts.meta.stored_ms = crash::now_ms();
  parts.meta.fresh_until_ms = parts.meta.stored_ms + 86'400'000;
  return make_entry(parts);
}

EntryPtr find(Store& store, const std::string& key) {
  const std::string identity = "http|crash|80||" + key;
  const auto id = hash128(identity);
  if (EntryPtr entry = store.find(id, identity)) return entry;
  if (!store.may_be_on_disk(id)) return {};
  std::promise<EntryPtr> found;
  store.find_on_disk(id, identity, [&](EntryPtr entry) { found.set_value(std::move(entry)); });
  return found.get_future().get();
}

/// Each thread has keys of its own, so that its log tells their whole history in order.
void load(Store& store, const Options& options, unsigned thread) {
  crash::Log log{options.log(thread)};
  std::mt19937 random{static_cast<unsigned>(options.round * kThreads + thread + 1)};
  const std::string prefix = std::to_string(thread) + ":";
  for (std::uint64_t version = options.round * 1'000'000 + 1;; ++version) {
    const std::string key = prefix + std::to_string(random() % kKeys);
    const auto what = random() % 1000;
    if (what < 3) {
      const std::string pattern = prefix + std::to_string(random() % 100) + "*";
      log.write("purging", pattern, 0);
      (void)store.invalidate({Invalidation::Kind::pattern, pattern, false});
      log.write("purged", pattern, 0);
    } else if (what < 8) {
      log.write("purging", key, 0);
      store.invalidate_soon({Invalidation::Kind::key, key, false});
      log.write("soon", key, 0);
    } else if (what < 400) {
      const EntryPtr entry = find(store, key);
      if (entry && crash::version_of(key, entry->body()) == 0) std::printf("torn while alive: %s\n", key.c_str());
    } else {
      log.write("putting", key, version);
      store.put(make(key, version));
      log.write("put", key, version);
    }
    if (version % 64 == 0) std::this_thread::sleep_for(std::chrono::milliseconds{40});
  }
}

int run_load(const Options& options) {
  const SystemClock clock;
  auto made = make_store(options.store(), clock);
  if (!made) return std::fprintf(stderr, "%s\n", made.error().what.c_str()), 69;
  std::puts("up");
  std::fflush(stdout);
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] { load(**made, options, i); });
  }
  return 0;
}

std::map<std::string, std::uint64_t> read_found(const Options& options) {
  std::map<std::string, std::uint64_t> found;
  std::ifstream in{options.found()};
  std::string key;
  std::uint64_t version = 0;
  while (in >> key >> version) found[key] = version;
  return found;
}

int run_check(const Options& options) {
  int wrong = 0;
  const auto complain = [&](const std::string& what) {
    ++wrong, std::printf("round %llu: %s\n", static_cast<unsigned long long>(options.round), what.c_str());
  };
  const SystemClock clock;
  auto made = make_store(options.store(), clock);
  if (!made) return complain(made.error().what), 1;
  Store& store = **made;
  std::vector<std::string> logs;
  for (unsigned i = 0; i < kThreads; ++i) logs.push_back(options.log(i));
  const auto expected = crash::replay(logs, read_found(options), options.killed_at, options.grace, options.evicting);
  std::ofstream found{options.found(), std::ios::trunc};
  std::size_t count = 0;
  for (const auto& [key, one] : expected) {
    const EntryPtr entry = find(store, key);
    const auto version = entry ? crash::version_of(key, entry->body()) : 0;
    const auto seen = "key " + key + " version " + std::to_string(version);
    if (entry && version == 0) complain(seen + " is torn");
    if (entry && version <= one.above) complain(seen + " came back after a purge of " + std::to_string(one.above));
    if (version > one.at_most) complain(seen + " was never stored");
    if (version < one.at_least) complain(seen + " is less than " + std::to_string(one.at_least));
    if (entry) found << key << ' ' << version << '\n', ++count;
  }
  if (!store.stats().disk_problem.empty()) complain(store.stats().disk_problem);
  if (store.stats().memory.bytes > options.store().memory_max) complain("memory exceeds its budget");
  for (const auto& file : std::filesystem::directory_iterator{options.folder + "/store"}) {
    if (file.path().filename().string().find(".bad-") != std::string::npos) complain("the store was set aside");
    if (file.path().filename() == "data.mdb" && file.file_size() > options.store().disk_max)
      complain("the budget is exceeded");
  }
  if (wrong == 0) std::printf("round %llu: %zu answers whole\n", static_cast<unsigned long long>(options.round), count);
  return wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  if (arguments.size() < 4) return std::fprintf(stderr, "see the head of the source\n"), 2;
  Options options;
  options.folder = arguments[1];
  options.round = text::parse_unsigned(arguments[2]).value_or(0);
  options.evicting = arguments[3] == "evict";
  if (arguments[0] == "load") return run_load(options);
  const auto number = [&](std::size_t at) {
    return static_cast<std::int64_t>(text::parse_unsigned(arguments.size() > at ? arguments[at] : "").value_or(0));
  };
  options.killed_at = number(4);
  options.grace = number(5);
  return run_check(options);
}
