// Lives of a store whose disk takes nothing for a while: what was purged, replaced or erased meanwhile does not come
// back, neither when the disk does nor after a kill.
//
//   store_away FOLDER ARMED    ARMED is the file whose being there lets the disk fail (failing_disk.c)
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <cachearr/clock.hpp>

#include "store/store.hpp"
#include "store_crash/history.hpp"
#include "support/until.hpp"

namespace {

using namespace cachearr;
using namespace cachearr::store;

constexpr int kEach = 20;  // keys of each kind
const std::array<std::string_view, 5> kKinds{"purged", "replaced", "erased", "soft", "untouched"};

EntryPtr make(const std::string& key, std::uint64_t version, std::size_t padding = 0) {
  const std::string body = crash::body_of(key, version) + std::string(padding, '.');
  const std::array<std::string_view, 1> pieces{body};
  EntryParts parts;
  parts.id = hash128(key);
  parts.identity = key;
  parts.key = key;
  parts.head = "HTTP/1.1 200 OK\r\n";
  parts.body = pieces;
  parts.meta.fresh_until_ms = crash::now_ms() + 3'600'000;
  parts.meta.sie_seconds = 3600;
  return make_entry(parts);
}

EntryPtr find(Store& store, const std::string& key) {
  if (EntryPtr entry = store.find(hash128(key), key)) return entry;
  if (!store.may_be_on_disk(hash128(key))) return {};
  std::promise<EntryPtr> found;
  store.find_on_disk(hash128(key), key, [&](EntryPtr entry) { found.set_value(std::move(entry)); });
  return found.get_future().get();
}

std::unique_ptr<Store> started(const std::string& folder, const Clock& clock) {
  StoreOptions options;
  options.memory_max = 1024 * 1024;
  options.disk_path = folder;
  options.disk_max = 16 * 1024 * 1024;
  options.disk_retry = Duration{20};
  options.disk_check_first = Duration{60'000};
  auto made = make_store(options, clock);
  if (made) return std::move(made).value();
  std::printf("%s\n", made.error().what.c_str());
  std::exit(1);
}

int wrong = 0;
void expect(bool good, const std::string& what) {
  if (!good && ++wrong <= 20) std::printf("wrong: %s\n", what.c_str());
}

std::string key_of(std::string_view kind, int i) { return std::string{kind} + std::to_string(i); }

/// Nothing older than what the client was told. A purge that was refused may come back, and where the disk takes not
/// even a mark no start can know of what was replaced or erased before.
void check(Store& store, bool acknowledged, const std::string& when) {
  const char* const calls = std::getenv("FAILING_CALL");
  const bool forgetful =
      when.starts_with("after") && calls && std::string_view{calls}.find("marker") != std::string_view::npos;
  for (int i = 0; i < kEach; ++i) {
    expect(!acknowledged || !find(store, key_of("purged", i)), key_of("purged", i) + " is back " + when);
    expect(forgetful || !find(store, key_of("erased", i)), key_of("erased", i) + " is back " + when);
    const EntryPtr replaced = find(store, key_of("replaced", i));
    expect(forgetful || !replaced || crash::version_of(key_of("replaced", i), replaced->body()) == 2,
           key_of("replaced", i) + " is back in its older form " + when);
    const EntryPtr soft = find(store, key_of("soft", i));
    expect(!acknowledged || !soft || (soft->meta.flags & EntryFlag::kInvalidated) != 0,
           key_of("soft", i) + " is fresh again " + when);
  }
}

/// Returns whether all purges were acknowledged.
bool change_all(Store& store) {
  bool acknowledged = true;
  for (int i = 0; i < kEach; ++i) {
    acknowledged = store.invalidate({Invalidation::Kind::key, key_of("purged", i), false}).ok() && acknowledged;
    acknowledged = store.invalidate({Invalidation::Kind::key, key_of("soft", i), true}).ok() && acknowledged;
    store.put(make(key_of("replaced", i), 2));
    store.erase(hash128(key_of("erased", i)), key_of("erased", i));
  }
  // Memory evicts all of them.
  for (int i = 0; i < 300; ++i) store.put(make("filler" + std::to_string(i), 1, 20'000));
  return acknowledged;
}

void fill(Store& store) {
  for (const auto kind : kKinds) {
    for (int i = 0; i < kEach; ++i) store.put(make(key_of(kind, i), 1));
  }
  store.flush();
}

/// In a process of its own: exit code 0, all purges were acknowledged; 3, not; killed: as the first.
int life_while_away(const std::string& folder, const std::string& armed, bool killed) {
  const SystemClock clock;
  auto store = started(folder, clock);
  fill(*store);
  std::ofstream{armed};
  const bool acknowledged = change_all(*store);
  check(*store, true, "while the disk is away");
  if (wrong != 0) return 1;
  store->flush();  // a kill may cost the last second
  if (!acknowledged) {
    if (!killed) store.reset();
    ::_exit(3);
  }
  if (killed) ::kill(::getpid(), SIGKILL);
  store.reset();
  return 0;
}

void over_a_restart(const std::string& folder, const std::string& armed, bool killed) {
  std::filesystem::remove_all(folder);
  std::filesystem::remove(armed);
  const std::string how = killed ? "after a kill" : "after an end";
  std::fflush(stdout);
  const int wrong_before = std::exchange(wrong, 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const int code = life_while_away(folder, armed, killed);
    std::fflush(stdout);
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  std::filesystem::remove(armed);
  wrong += wrong_before;
  expect(!WIFEXITED(status) || WEXITSTATUS(status) != 1, "the life before, " + how);
  const bool refused = WIFEXITED(status) && WEXITSTATUS(status) == 3;
  const SystemClock clock;
  const auto store = started(folder, clock);
  check(*store, !refused, how);
  std::printf("%s: purges %s, %llu left; ", how.c_str(), refused ? "refused" : "acknowledged",
              static_cast<unsigned long long>(store->stats().disk.entries));
}

void until_it_comes_back(const std::string& folder, const std::string& armed) {
  std::filesystem::remove_all(folder);
  std::filesystem::remove(armed);
  const SystemClock clock;
  const auto store = started(folder, clock);
  fill(*store);
  std::ofstream{armed};
  change_all(*store);
  expect(test::until([&] { return !store->stats().disk_problem.empty(); }), "the disk was not met");
  std::filesystem::remove(armed);
  const bool back = test::until([&] {
    check(*store, true, "as the disk comes back");
    return store->stats().disk_problem.empty();
  });
  expect(back, "the disk tier has not come back");
  for (int i = 0; i < 50; ++i) check(*store, true, "once the disk is back");
  store->flush();
  check(*store, true, "once it is flushed");
  for (int i = 0; i < kEach; ++i)
    expect(static_cast<bool>(find(*store, key_of("untouched", i))), "what was not touched is lost");
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 2;
  // Before there are threads.
  over_a_restart(words[1], words[2], true);
  over_a_restart(words[1], words[2], false);
  until_it_comes_back(words[1], words[2]);
  std::printf("%d wrong\n", wrong);
  return wrong == 0 ? 0 : 1;
}
