// Any bytes as a body that is looked into: read in steps it is what it is read at once, and a feed that is cut is a
// feed again. The first byte says how many bytes a step reads, the second what is expected.
#include <array>
#include <vector>

#include "content/answer.hpp"
#include "content/feed_page.hpp"
#include "fuzz/input.hpp"

using namespace cachearr;

namespace {

using Kind = content::BodyCondition::Kind;

constexpr TimePoint kNow{std::chrono::seconds{1'700'000'000}};

const content::BodyCondition& condition(int number) {
  static const std::array conditions{
      content::BodyCondition{.kind = Kind::json, .path = "/status", .equals = "ok"},
      content::BodyCondition{.kind = Kind::json, .path = "/a/0/b", .missing = true},
      content::BodyCondition{.kind = Kind::json, .path = "/aired", .since = Duration{1000}, .until = {}},
      content::BodyCondition{.kind = Kind::xml, .path = "rss/channel/item/@id", .below = 5.0},
      content::BodyCondition{.kind = Kind::text, .path = {}, .like = {"*limit*reached*"}},
  };
  return conditions[static_cast<std::size_t>(number)];
}

bool same(const content::BodyRead& a, const content::BodyRead& b) {
  return a.kind == b.kind && a.shape == b.shape && a.text == b.text && a.has_file == b.has_file &&
         a.has_channel == b.has_channel && a.holds == b.holds && a.places.size() == b.places.size() &&
         a.json.member_count == b.json.member_count && a.json.members.size() == b.json.members.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t step = data[0] + std::size_t{1};
  const auto body = fuzz::text_of(data + 2, size - 2);
  std::vector<const content::BodyCondition*> conditions;
  for (int i = 0; i < 5; ++i) conditions.push_back(&condition(i));
  constexpr std::array<std::string_view, 2> pointers{"/retry_after", "/error/until"};
  const content::BodyQuestion about{conditions, pointers, kNow};

  const auto at_once = content::read_body(body, about);
  const auto pass = content::body_pass(body, about);
  while (pass->advance(step)) {}
  fuzz::require(same(pass->end(), at_once));
  fuzz::require(at_once.holds.size() == conditions.size());

  const std::array limits{
      content::LimitWords{.status = 429, .like = {"*too many*"}, .pause = {}, .until = "/retry_after"}};
  content::Question question;
  question.expect = static_cast<content::Expect>(data[1] % 8);
  question.newznab = data[1] >= 128;
  question.limits = limits;
  question.conditions = conditions;
  for (const int status : {200, 404, 429}) content::inspect(question, {status, "application/json", body}, kNow);
  content::challenge_in(body);

  // Only what was read to its end as XML is ever cut.
  if (at_once.kind != content::BodyRead::Kind::xml || at_once.shape != content::Shape::whole) return 0;
  if (const auto feed = content::cut_feed(body, {0, 100}, {1, 2})) {
    const auto again = content::read_body(*feed, about);
    fuzz::require(again.kind == content::BodyRead::Kind::xml && again.has_channel);
  }
  return 0;
}
