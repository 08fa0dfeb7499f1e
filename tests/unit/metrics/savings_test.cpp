#include "metrics/savings.hpp"

#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "metrics/metrics.hpp"

namespace cachearr::metrics {
namespace {

using Calls = std::map<std::pair<std::string, std::uint32_t>, std::uint64_t>;

Calls calls_of(const SavingsTable& table) {
  Calls calls;
  table.for_each([&](std::string_view client, std::uint32_t upstream, const SavingsCells& cells) {
    if (cells.calls.read() > 0) calls[{std::string{client}, upstream}] = cells.calls.read();
  });
  return calls;
}

TEST(ASavingsTable, CountsForEachClientAndUpstream) {
  SavingsTable table;
  auto& client = table.of("10.0.0.1");
  client.of(2).add(100, 1, 30);
  client.of(2).add(50, 1, 20);
  client.of(0).add(1, 0, 1);
  table.of("10.0.0.2").of(2).add(7, 0, 7);
  EXPECT_EQ(calls_of(table), (Calls{{{"10.0.0.1", 0}, 1}, {{"10.0.0.1", 2}, 2}, {{"10.0.0.2", 2}, 1}}));
  EXPECT_EQ(client.of(2).bytes.read(), 150U);
  EXPECT_EQ(client.of(2).quota_units.read(), 2U);
  EXPECT_EQ(client.of(2).milliseconds.read(), 50U);
}

TEST(ASavingsTable, GivesAClientTheSameCellsAgain) {
  SavingsTable table;
  auto& client = table.of("a");
  auto& cells = client.of(3);
  for (int i = 0; i < 100; ++i) table.of("b" + std::to_string(i)).of(50);
  EXPECT_EQ(&table.of("a"), &client);
  EXPECT_EQ(&client.of(3), &cells);
}

TEST(ASavingsTable, PutsClientsThatAreTooManyTogether) {
  SavingsTable table;
  for (std::size_t i = 0; i < SavingsTable::kMostClients + 10; ++i)
    table.of("c" + std::to_string(i)).of(1).add(0, 0, 0);
  const auto calls = calls_of(table);
  EXPECT_EQ(calls.size(), SavingsTable::kMostClients + 1);
  EXPECT_EQ(calls.at({std::string{SavingsTable::kOthers}, 1}), 10U);
}

TEST(ASavingsTable, IsReadWhileItGrows) {
  SavingsTable table;
  std::thread worker{[&] {
    for (int i = 0; i < 200; ++i)
      for (std::uint32_t upstream = 0; upstream < 20; ++upstream)
        table.of("c" + std::to_string(i)).of(upstream).add(1, 1, 1);
  }};
  for (int i = 0; i < 50; ++i) calls_of(table);
  worker.join();
  EXPECT_EQ(calls_of(table).size(), 200U * 20U);
}

TEST(Metrics, NumberUpstreamsOnceEach) {
  Metrics metrics{1};
  EXPECT_EQ(metrics.upstream_number(""), 0U);
  const auto sonarr = metrics.upstream_number("sonarr"), tmdb = metrics.upstream_number("tmdb");
  EXPECT_NE(sonarr, tmdb);
  EXPECT_EQ(metrics.upstream_number("sonarr"), sonarr);
  EXPECT_EQ(metrics.upstream_names(), (std::vector<std::string>{"", "sonarr", "tmdb"}));
}

}  // namespace
}  // namespace cachearr::metrics
