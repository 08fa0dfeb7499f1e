#include "app/cli/job_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

Json running() {
  return {{"id", 3},
          {"type", "series"},
          {"only", nullptr},
          {"state", "running"},
          {"done", 120},
          {"total", 600},
          {"totalIsKnown", true},
          {"perMinute", 60.5},
          {"fetched", 100},
          {"fresh", 20},
          {"skipped", 0},
          {"failed", 0},
          {"waitsUntil", nullptr},
          {"endsAbout", "2023-11-14T22:13:20Z"}};
}

TEST(JobText, ShowsHowFarAJobIs) {
  EXPECT_EQ(percent_of(running()), 20);
  EXPECT_EQ(job_line(running()),
            "job 3  series  running  120/600 (20 %)  60.5 a minute, ends about 2023-11-14T22:13:20Z");
  EXPECT_EQ(progress_bar(running()),
            "[######........................] 120/600  20 %  60.5 a minute, ends about 2023-11-14T22:13:20Z");
}

TEST(JobText, SaysWhatIsNotKnownYetAndWhatIsWaitedFor) {
  auto job = running();
  job["totalIsKnown"] = false;
  job["endsAbout"] = nullptr;
  job["waitsUntil"] = "2023-11-14T23:00:00Z";
  EXPECT_EQ(job_line(job), "job 3  series  running  120/600+ (20 %)  60.5 a minute, waits until 2023-11-14T23:00:00Z");
  job["total"] = 0;
  EXPECT_EQ(percent_of(job), 0);
}

TEST(JobText, SumsUpAJobThatHasEnded) {
  auto job = running();
  job["state"] = "failed";
  job["only"] = "5";
  job["failed"] = 30;
  EXPECT_EQ(job_line(job), "job 3  series 5  failed  120/600 (20 %)  100 fetched, 20 fresh already, 30 failed");
}

}  // namespace
}  // namespace cachearr::app
