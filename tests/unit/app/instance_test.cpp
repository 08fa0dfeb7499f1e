#include "app/instance.hpp"

#include <filesystem>
#include <fstream>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "app/exit_code.hpp"
#include "base/log.hpp"
#include "support/scratch.hpp"

namespace cachearr::app {
namespace {

using testing::Contains;
using testing::HasSubstr;

/// A configuration of its own for each test, on ports from the kernel; silent.
class RunningInstance : public testing::Test {
 protected:
  ConfigSources sources() {
    ConfigSources sources;
    sources.file = scratch_ / "cachearr.json";
    sources.listen = {"127.0.0.1:0"};
    sources.log_level = "off";
    return sources;
  }
  void configure(const std::string& members) {
    scratch_.file("cachearr.json", R"({"state_dir": "state", "threads": 1, "disk": {"path": null}, "rules": [],
                                       "admin": {"address": null})" +
                                       (members.empty() ? "" : ", " + members) + "}");
  }
  static void start(Instance& instance) {
    const auto failure = instance.start();
    ASSERT_FALSE(failure) << (failure->problems.empty() ? "" : to_string(failure->problems.front()));
  }
  ~RunningInstance() override { log::stop(); }

  test::Scratch scratch_;
};

TEST_F(RunningInstance, AnOlderReadingOfTheFilesIsNeverAppliedLast) {
  const auto password = scratch_ / "password";
  ASSERT_EQ(::mkfifo(password.c_str(), 0600), 0);
  configure("");
  Instance instance{sources()};
  start(instance);
  // The first reload has read the configuration, and waits for the password that it names.
  configure(R"("timeouts": {"connect": "1s"}, "access": {"basic_auth": {"user": "u", "password_file": "password"}})");
  auto older = std::async(std::launch::async, [&] { return instance.reload(); });
  std::ofstream writer{password};  // opens once the reader has
  configure(R"("timeouts": {"connect": "2s"})");
  auto newer = std::async(std::launch::async, [&] { return instance.reload(); });
  EXPECT_NE(newer.wait_for(std::chrono::milliseconds{300}), std::future_status::ready);
  writer << "p\n";
  writer.close();
  EXPECT_TRUE(older.get().taken);
  EXPECT_TRUE(newer.get().taken);
  EXPECT_EQ(instance.snapshot()->settings->config.timeouts.connect, Duration{2000});
  instance.stop();
}

TEST_F(RunningInstance, AnswersWhileAReloadReadsItsFiles) {
  const auto password = scratch_ / "password";
  ASSERT_EQ(::mkfifo(password.c_str(), 0600), 0);
  configure("");
  Instance instance{sources()};
  start(instance);
  configure(R"("access": {"basic_auth": {"user": "u", "password_file": "password"}})");
  auto reload = std::async(std::launch::async, [&] { return instance.reload(); });
  std::ofstream writer{password};
  auto calls = std::async(std::launch::async, [&] {
    instance.last_reload();
    instance.interception_problems();
    return instance.snapshot()->settings->proxy_credentials;
  });
  EXPECT_EQ(calls.wait_for(std::chrono::seconds{5}), std::future_status::ready);
  writer << "p\n";
  writer.close();
  reload.get();
  EXPECT_EQ(calls.get(), "");
  instance.stop();
}

TEST_F(RunningInstance, KeepsTheListenersThatItOpenedOverAReload) {
  configure("");
  auto from = sources();
  from.listen.clear();
  configure(R"("listeners": [{"address": "127.0.0.1:0"}])");
  Instance instance{from};
  start(instance);
  configure(R"("listeners": [{"address": "127.0.0.1:0", "tls": true}, {"address": "127.0.0.2:0"}])");
  EXPECT_THAT(instance.reload().changes, Contains(HasSubstr("listeners changed in the file")));
  ASSERT_EQ(instance.snapshot()->settings->config.listeners.size(), 1U);
  EXPECT_FALSE(instance.snapshot()->settings->config.listeners[0].tls);
  instance.stop();
}

TEST_F(RunningInstance, SaysAgainWhatStillWaitsForTheNextStart) {
  configure("");
  Instance instance{sources()};
  start(instance);
  configure(R"("memory": {"max_bytes": "1MiB"})");
  instance.reload();
  EXPECT_THAT(instance.reload().changes, Contains(HasSubstr("memory.max_bytes changed in the file")));
  instance.stop();
}

TEST_F(RunningInstance, RefusesAStateDirectoryThatOthersMayWrite) {
  std::filesystem::create_directory(scratch_ / "state");
  std::filesystem::permissions(scratch_ / "state", std::filesystem::perms{0777});
  configure("");
  Instance instance{sources()};
  const auto failure = instance.start();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->exit_code, exit_unavailable);
  EXPECT_THAT(to_string(failure->problems.front()), HasSubstr("may be written by other users"));
}

TEST_F(RunningInstance, RefusesAStoreFolderThatOthersMayWrite) {
  std::filesystem::create_directory(scratch_ / "open");
  std::filesystem::permissions(scratch_ / "open", std::filesystem::perms{0777});
  scratch_.file("cachearr.json", R"({"state_dir": "state", "disk": {"path": ")" + (scratch_ / "open") + R"("}})");
  Instance instance{sources()};
  const auto failure = instance.start();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->exit_code, exit_unavailable);
}

}  // namespace
}  // namespace cachearr::app
