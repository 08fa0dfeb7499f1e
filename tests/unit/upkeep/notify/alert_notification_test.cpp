#include "upkeep/notify/alert_notification.hpp"

#include <gtest/gtest.h>

namespace cachearr::upkeep {
namespace {

constexpr TimePoint kAt{Duration{1'700'000'000'000}};

Alert alert(std::string subject) {
  const auto* const kind = find_alert_kind("cooldown");
  return {kind->id, std::move(subject), kind->severity, "tvdb has asked for a pause", kind->advice, kAt, std::nullopt};
}

TEST(AlertNotification, IsNamedAfterWhatHappenedToWhichAlert) {
  EXPECT_EQ(notification_of({alert("tvdb"), true}, kAt).event, "alert.fired.cooldown");
  EXPECT_EQ(notification_of({alert("tvdb"), false}, kAt).event, "alert.resolved.cooldown");
}

TEST(AlertNotification, TellsUpstreamsApart) {
  EXPECT_NE(notification_of({alert("tvdb"), true}, kAt).id, notification_of({alert("tmdb"), true}, kAt).id);
  EXPECT_EQ(notification_of({alert("tvdb"), true}, kAt).title, "cooldown: tvdb");
  EXPECT_EQ(notification_of({alert(""), false}, kAt).title, "resolved: cooldown");
}

TEST(AlertNotification, GivesAdviceWhereSomethingIsWrong) {
  const auto fired = notification_of({alert("tvdb"), true}, kAt);
  EXPECT_EQ(fired.message, "tvdb has asked for a pause");
  EXPECT_FALSE(fired.advice.empty());
  EXPECT_EQ(fired.at, kAt);
  EXPECT_TRUE(notification_of({alert("tvdb"), false}, kAt).advice.empty());
}

}  // namespace
}  // namespace cachearr::upkeep
