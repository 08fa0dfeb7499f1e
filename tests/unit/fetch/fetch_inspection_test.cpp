#include <cstdint>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "unit/content/packed.hpp"
#include "unit/fetch/fetch_fixture.hpp"

namespace cachearr::fetch {
namespace {

constexpr std::size_t kMib = 1024 * 1024;

/// How often something else gets its turn on the loop of a fetch.
class FetchInspectionTest : public FetchTest {
 protected:
  /// Turns of the loop from the moment at which the whole response is there until its client has it.
  int turns_of(std::string_view path, const std::string& body, std::string_view coding = {}) {
    auto& client = ask(test::Asked{"GET /up/tv/" + std::string{path}, "Host: api.test\r\n"});
    next_request();
    std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    if (!coding.empty()) head += "Content-Encoding: " + std::string{coding} + "\r\n";
    origin_.send(head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    int turns = 0;
    bool over = false;
    std::function<void()> another = [&] {
      ++turns;
      if (!over) loop_.post(another);
    };
    loop_.post(another);
    EXPECT_EQ(end_of(client).body, body);
    over = true;
    settle();
    return turns;
  }
  bool is_stored(std::string_view path) {
    return classify("GET /up/tv/" + std::string{path}).disposition == pipeline::Disposition::hit;
  }
};

/// JSON that packs well, but not beyond reason.
std::string list_of(std::size_t bytes) {
  std::string list = "[1";
  for (std::uint32_t i = 0; list.size() < bytes; ++i) list += "," + std::to_string((i / 32 * 2654435761U) >> 22);
  return list + "]";
}

TEST_F(FetchInspectionTest, LetsOthersGoWhileABodyIsUnpacked) {
  const auto packed = content::test::gzipped(std::string(16 * kMib, ' ') + "1");
  const auto usual = turns_of("1", "\"" + std::string(packed.size() - 2, 'x') + "\"");
  const auto bomb = turns_of("2", packed, "gzip");
  EXPECT_GE(bomb, usual + 5);
  EXPECT_FALSE(is_stored("2")) << "larger than is reasonable";
}

TEST_F(FetchInspectionTest, LetsOthersGoWhileALargeTextIsRead) {
  const auto list = list_of(2 * kMib);
  const auto packed = content::test::gzipped(list);
  const auto usual = turns_of("1", "\"" + std::string(packed.size() - 2, 'x') + "\"");
  const auto large = turns_of("2", packed, "gzip");
  EXPECT_GE(large, usual + 30) << "once for each 128 KiB that are unpacked, and once for each that are read";
  EXPECT_TRUE(is_stored("2"));
}

TEST_F(FetchInspectionTest, IsDoneWithASmallBodyAtOnce) {
  const auto list = list_of(20 * 1024);
  const auto packed = content::test::gzipped(list);
  EXPECT_LT(turns_of("1", packed, "gzip"), 10);
}

}  // namespace
}  // namespace cachearr::fetch
