#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "caching/partial.hpp"
#include "unit/fetch/fetch_fixture.hpp"

namespace cachearr::fetch {
namespace {

using pipeline::Disposition;
using test::Asked;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kWhole = "0123456789";

/// A 206 of a video whose bytes are `kWhole`.
std::string part(std::size_t first, std::size_t last, const std::string& lines = "ETag: \"a\"\r\n") {
  return "HTTP/1.1 206 Partial Content\r\nContent-Type: video/mp4\r\nCache-Control: max-age=60\r\n" + lines +
         "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(last) +
         "/10\r\nContent-Length: " + std::to_string(last - first + 1) + "\r\n\r\n" +
         std::string{kWhole.substr(first, last - first + 1)};
}
std::string whole(const std::string& body = std::string{kWhole}) {
  return "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nCache-Control: max-age=60\r\nETag: \"b\"\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

class PartialContentTest : public FetchTest {
 protected:
  using FetchTest::FetchTest;

  /// A client asks for a part, which nobody shares, and the origin answers it.
  Client& ask_part(const std::string& range, const std::string& answer, std::string_view start = "GET /up/film") {
    const Asked asked{start, "Host: api.test\r\nRange: " + range + "\r\n"};
    const auto job = job_for(asked);
    job->shared_fetch = std::make_shared<SharedFetch>(loop_);
    auto& client = wait_for(job);
    begin(job);
    EXPECT_THAT(next_request(), HasSubstr("Range: " + range + "\r\n"));
    origin_.send(answer);
    end_of(client);
    return client;
  }
  Disposition of_range(const std::string& range, std::string_view start = "GET /up/film") {
    return classify(start, "Range: " + range + "\r\n").disposition;
  }
  Client& ask_whole() { return ask(Asked{"GET /up/film", "Host: api.test\r\n"}); }
  /// What is stored of the film.
  std::string stored() {
    const auto& context = classify("GET /up/film");
    const auto entry = store_->find(context.variant.id, context.variant.identity);
    return entry ? std::string{entry->body()} : "nothing";
  }
};

TEST_F(PartialContentTest, StoresAPartThatServesWhatLiesWithinItAndNothingElse) {
  const auto& client = ask_part("bytes=2-6", part(2, 6));
  EXPECT_EQ(client.taken->body, "23456");
  EXPECT_TRUE(client.outcome().cache_status.stored);
  EXPECT_EQ(of_range("bytes=2-6"), Disposition::hit);
  EXPECT_EQ(of_range("bytes=3-4"), Disposition::hit);
  EXPECT_EQ(of_range("bytes=3-"), Disposition::fetch);
  EXPECT_EQ(of_range("bytes=0-3"), Disposition::fetch);
  EXPECT_EQ(classify("GET /up/film").disposition, Disposition::fetch);
  EXPECT_EQ(classify("HEAD /up/film", "Range: bytes=3-4\r\n").disposition, Disposition::fetch);
  EXPECT_EQ(classify("GET /up/film", "Range: bytes=3-4\r\nIf-Range: \"z\"\r\n").disposition, Disposition::fetch);
  EXPECT_EQ(classify("GET /up/film", "Range: bytes=3-4\r\nCache-Control: no-cache\r\n").disposition,
            Disposition::fetch);
}

TEST_F(PartialContentTest, ServesNoPartThatIsStale) {
  ask_part("bytes=2-6", part(2, 6));
  clock_.advance(std::chrono::seconds{61});
  EXPECT_EQ(of_range("bytes=2-6"), Disposition::fetch);
}

TEST_F(PartialContentTest, StoresAPartThatIsTheWholeAsTheWhole) {
  ask_part("bytes=0-", part(0, 9));
  EXPECT_EQ(classify("GET /up/film").disposition, Disposition::hit);
  EXPECT_EQ(context_.entry->meta.status, 200);
  EXPECT_EQ(context_.entry->body(), kWhole);
  EXPECT_THAT(std::string{context_.entry->head()}, Not(HasSubstr("Content-Range")));
  EXPECT_EQ(of_range("bytes=3-4"), Disposition::hit);
}

TEST_F(PartialContentTest, JoinsPartsUntilTheyAreTheWhole) {
  ask_part("bytes=0-3", part(0, 3));
  ask_part("bytes=4-6", part(4, 6));
  EXPECT_EQ(stored(), "0123456");
  EXPECT_EQ(of_range("bytes=2-5"), Disposition::hit);
  ask_part("bytes=5-", part(5, 9));
  EXPECT_EQ(classify("GET /up/film").disposition, Disposition::hit);
  EXPECT_EQ(context_.entry->body(), kWhole);
}

TEST_F(PartialContentTest, JoinsAPartWithWhatIsStoredBehindIt) {
  ask_part("bytes=6-8", part(6, 8));
  ask_part("bytes=2-6", part(2, 6));
  EXPECT_EQ(stored(), "2345678");
}

TEST_F(PartialContentTest, KeepsTheLargerOfTwoWithAGapWhileItIsFresh) {
  ask_part("bytes=0-1", part(0, 1));
  ask_part("bytes=3-6", part(3, 6));
  EXPECT_EQ(stored(), "3456");
  ask_part("bytes=0-1", part(0, 1));
  EXPECT_EQ(stored(), "3456");
  clock_.advance(std::chrono::seconds{61});
  ask_part("bytes=0-1", part(0, 1));
  EXPECT_EQ(stored(), "01");
}

TEST_F(PartialContentTest, KeepsTheNewerOfPartsThatDoNotFit) {
  ask_part("bytes=5-6", part(5, 6));
  ask_part("bytes=7-8", part(7, 8, "ETag: \"other\"\r\n"));
  EXPECT_EQ(stored(), "78") << "another representation";
  ask_part("bytes=5-6", part(5, 6, ""));
  EXPECT_EQ(stored(), "56") << "no validator";
  ask_part("bytes=7-8", part(7, 8, ""));
  EXPECT_EQ(stored(), "78") << "no validators";
}

TEST_F(PartialContentTest, KeepsTheNewerWhereTheSameValidatorHasOtherBytes) {
  ask_part("bytes=0-3", part(0, 3));
  auto lie = part(2, 5);
  lie.replace(lie.size() - 4, 4, "xx45");
  ask_part("bytes=2-5", lie);
  EXPECT_EQ(stored(), "xx45");
}

TEST_F(PartialContentTest, CopiesNoLargePartForALittleMore) {
  const auto large = [](std::size_t first, std::size_t last) {
    const auto length = last - first + 1;
    return "HTTP/1.1 206 Partial Content\r\nCache-Control: max-age=60\r\nETag: \"a\"\r\nContent-Range: bytes " +
           std::to_string(first) + "-" + std::to_string(last) +
           "/3000000\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" + std::string(length, 'x');
  };
  constexpr std::size_t kMany = 1'100'000, kPiece = 20'000;
  for (std::size_t at = 0; at < kMany; at += kPiece)
    ask_part("bytes=" + std::to_string(at) + "-", large(at, at + kPiece - 1));
  EXPECT_EQ(stored().size(), 1'048'576 / kPiece * kPiece);
  EXPECT_EQ(of_range("bytes=0-1000000"), Disposition::hit) << "nor gives it up for it";
}

TEST_F(PartialContentTest, StoresNoPartThatContradictsItsBody) {
  ask_part("bytes=0-4",
           "HTTP/1.1 206 Partial Content\r\nCache-Control: max-age=60\r\nETag: \"a\"\r\nContent-Range: bytes 0-4/10\r\n"
           "Transfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n0\r\n\r\n");
  EXPECT_EQ(stored(), "nothing");
  ask_part("bytes=0-4",
           "HTTP/1.1 206 Partial Content\r\nCache-Control: max-age=60\r\nContent-Range: bytes 0-4/10\r\n"
           "Content-Length: 3\r\n\r\n012");
  EXPECT_EQ(stored(), "nothing");
}

TEST_F(PartialContentTest, StoresNoPartThatARuleOrTheTypeWantsLookedInto) {
  auto json = part(0, 3);
  json.replace(json.find("video/mp4"), 9, "text/json");
  ask_part("bytes=0-3", json, "GET /up/tv/7");
  EXPECT_EQ(of_range("bytes=0-3", "GET /up/tv/7"), Disposition::fetch);
  ask_part("bytes=0-3", part(0, 3), "GET /up/tv/7");
  EXPECT_EQ(of_range("bytes=0-3", "GET /up/tv/7"), Disposition::hit) << "nobody looks into a video";
}

TEST_F(PartialContentTest, DoesNotReplaceAWholeResponseThatHasComeMeanwhile) {
  const Asked asked{"GET /up/film", "Host: api.test\r\nRange: bytes=0-3\r\n"};
  const auto job = job_for(asked);
  job->shared_fetch = std::make_shared<SharedFetch>(loop_);
  auto& client = wait_for(job);
  begin(job);
  next_request();
  store_answer_to("GET /up/film");
  origin_.send(part(0, 3));
  end_of(client);
  EXPECT_EQ(stored(), "body");
}

TEST_F(PartialContentTest, CompletesWhatIsStoredForWhoWantsTheWhole) {
  ask_part("bytes=0-3", part(0, 3, "ETag: \"a\"\r\nX-Own: 1\r\n"));
  auto& client = ask_whole();
  EXPECT_THAT(next_request(), HasSubstr("Range: bytes=4-\r\nIf-Range: \"a\"\r\n"));
  origin_.send(part(4, 9));
  EXPECT_EQ(end_of(client).body, kWhole);
  EXPECT_EQ(client.outcome().status, 200);
  EXPECT_EQ(client.outcome().length, 10U);
  EXPECT_THAT(client.outcome().head, HasSubstr("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(client.outcome().head, HasSubstr("X-Own: 1\r\n"));
  EXPECT_THAT(client.outcome().head, Not(HasSubstr("Content-Range")));
  EXPECT_EQ(classify("GET /up/film").disposition, Disposition::hit);
  EXPECT_EQ(context_.entry->body(), kWhole);
  EXPECT_EQ(context_.entry->meta.status, 200);
  EXPECT_EQ(fetching_.cells.bytes_from_upstreams.read(), 10U);
}

TEST_F(PartialContentTest, CompletesWhatIsMissingAtTheBegin) {
  ask_part("bytes=-4", part(6, 9));
  auto& client = ask_whole();
  EXPECT_THAT(next_request(), HasSubstr("Range: bytes=0-5\r\nIf-Range: \"a\"\r\n"));
  origin_.send(part(0, 5));
  EXPECT_EQ(end_of(client).body, kWhole);
  EXPECT_EQ(stored(), kWhole);
}

TEST_F(PartialContentTest, ShowsWhatIsStoredWhileTheRestIsStillComing) {
  ask_part("bytes=0-3", part(0, 3));
  auto& client = ask_whole();
  next_request();
  const auto rest = part(4, 9);
  origin_.send(rest.substr(0, rest.size() - 3));
  run_until([&] { return client.reader.outcome().kind != FetchOutcome::Kind::pending; });
  origin_.close();
  EXPECT_EQ(end_of(client).end, Arrival::Kind::broken);
  EXPECT_EQ(client.taken->body, "0123456");
  EXPECT_EQ(stored(), "0123") << "what is broken off is not stored";
}

TEST_F(PartialContentTest, TakesTheWholeWhereItHasChanged) {
  ask_part("bytes=0-3", part(0, 3));
  auto& client = ask_whole();
  next_request();
  origin_.send(whole("abcdef"));
  EXPECT_EQ(end_of(client).body, "abcdef");
  EXPECT_EQ(stored(), "abcdef");
}

TEST_F(PartialContentTest, AsksForTheWholeWhereTheRestDoesNotFit) {
  for (const auto& rest :
       {part(4, 9, "ETag: \"b\"\r\n"), part(4, 9, "ETag: W/\"a\"\r\n"), part(4, 9, ""), part(3, 9), part(4, 8),
        part(4, 9, "ETag: \"a\"\r\nContent-Encoding: gzip\r\n"),
        std::string{"HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\nContent-Type: multipart/byteranges; boundary=x\r\n"
                    "Content-Length: 6\r\n\r\n456789"},
        std::string{"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */3\r\nContent-Length: 0\r\n\r\n"}}) {
    store_->invalidate_soon({caching::Invalidation::Kind::all, {}, false});
    ask_part("bytes=0-3", part(0, 3));
    auto& client = ask_whole();
    EXPECT_THAT(next_request(), HasSubstr("If-Range"));
    origin_.send(rest);
    run_until([&] { return origin_.has_request() || origin_.sees_end(); });
    if (!origin_.has_request()) origin_.close();
    EXPECT_THAT(next_request(), Not(HasSubstr("Range"))) << rest;
    origin_.send(whole());
    EXPECT_EQ(end_of(client).body, kWhole) << rest;
    EXPECT_EQ(client.outcome().status, 200);
    EXPECT_EQ(stored(), kWhole) << rest;
  }
}

TEST_F(PartialContentTest, StoresNothingOfAPartThatWasPurgedWhileItIsCompleted) {
  ask_part("bytes=0-3", part(0, 3));
  auto& client = ask_whole();
  next_request();
  store_->invalidate_soon({caching::Invalidation::Kind::all, {}, false});
  origin_.send(part(4, 9));
  EXPECT_EQ(end_of(client).body, kWhole);
  EXPECT_EQ(stored(), "nothing");
}

TEST_F(PartialContentTest, AsksForTheWholeWhereBothEndsAreMissing) {
  ask_part("bytes=2-6", part(2, 6));
  auto& client = ask_whole();
  EXPECT_THAT(next_request(), Not(HasSubstr("Range")));
  origin_.send(whole());
  EXPECT_EQ(end_of(client).body, kWhole);
}

TEST_F(PartialContentTest, AsksForARestThatMayNotFitOnlyWhereNoRuleMatches) {
  ask_part("bytes=0-3", part(0, 3, ""));
  auto& client = ask_whole();
  EXPECT_THAT(next_request(), HasSubstr("Range: bytes=4-\r\n"));
  origin_.send(whole());
  EXPECT_EQ(end_of(client).body, kWhole);
  ask_part("bytes=0-3", part(0, 3, ""), "GET /up/tv/7");
  auto& other = ask(Asked{"GET /up/tv/7", "Host: api.test\r\n"});
  EXPECT_THAT(next_request(), Not(HasSubstr("Range")));
  origin_.send(whole());
  EXPECT_EQ(end_of(other).body, kWhole);
}

/// A film that changes now and then, at an origin that knows ranges; one in three does not know If-Range.
class ChangingFilm {
 public:
  explicit ChangingFilm(unsigned seed) : random_{seed} {}
  std::size_t any(std::size_t below) { return random_() % below; }
  void maybe_change() { version_ += any(4) == 0 ? 1U : 0U; }
  static std::string bytes_of(const std::string& etag) {
    return std::string(40, static_cast<char>('a' + std::stoul(etag.substr(1)) % 26)) + etag;
  }
  std::string answer(const std::string& request) {
    const auto etag = "\"" + std::to_string(version_) + "\"";
    const auto all = bytes_of(etag);
    const auto lines = "Content-Type: video/mp4\r\nCache-Control: max-age=60\r\nETag: " + etag + "\r\n";
    const auto wanted = value(request, "Range: bytes=");
    const auto expected = value(request, "If-Range: ");
    if (wanted.empty() || (!expected.empty() && expected != etag && any(3) != 0))
      return "HTTP/1.1 200 OK\r\n" + lines + "Content-Length: " + std::to_string(all.size()) + "\r\n\r\n" + all;
    const auto dash = wanted.find('-');
    const auto first = std::stoul(wanted.substr(0, dash));
    if (first >= all.size()) return "HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n";
    const auto last =
        dash + 1 == wanted.size() ? all.size() - 1 : std::min(all.size() - 1, std::stoul(wanted.substr(dash + 1)));
    const auto part = all.substr(first, last - first + 1);
    return "HTTP/1.1 206 Part\r\n" + lines + "Content-Range: bytes " + std::to_string(first) + "-" +
           std::to_string(last) + "/" + std::to_string(all.size()) +
           "\r\nContent-Length: " + std::to_string(part.size()) + "\r\n\r\n" + part;
  }

 private:
  static std::string value(const std::string& request, const std::string& name) {
    const auto at = request.find("\r\n" + name);
    if (at == std::string::npos) return {};
    const auto from = at + 2 + name.size();
    return request.substr(from, request.find("\r\n", from) - from);
  }
  std::mt19937 random_;
  unsigned version_ = 0;
};

TEST_F(PartialContentTest, NeverMixesWhatIsNotOfOneRepresentation) {
  ChangingFilm film{7};
  std::size_t wholes = 0, parts = 0;
  for (int i = 0; i < 1000; ++i) {
    film.maybe_change();
    const auto first = film.any(3) == 0 ? 0 : film.any(44), last = first + film.any(20);
    const bool wants_whole = film.any(3) == 0;
    const auto range = "Range: bytes=" + std::to_string(first) + "-" + std::to_string(last) + "\r\n";
    const Asked asked{"GET /up/film", "Host: api.test\r\n" + (wants_whole ? std::string{} : range)};
    const auto job = job_for(asked);
    if (job->context->disposition == Disposition::fetch) {
      job->shared_fetch = std::make_shared<SharedFetch>(loop_);
      auto& client = wait_for(job);
      begin(job);
      while (!client.taken) {
        if (origin_.has_request()) {
          origin_.send(film.answer(origin_.take_request()));
        } else if (origin_.is_connected() && origin_.sees_end()) {
          origin_.close();
        }
        loop_.context().run_one_for(std::chrono::milliseconds{1});
      }
      ASSERT_EQ(client.taken->end, Arrival::Kind::end);
    } else {
      clock_.advance(std::chrono::seconds{film.any(40)});
      if (job->context->disposition == Disposition::revalidate || film.any(3) == 0)
        store_->invalidate_soon({caching::Invalidation::Kind::all, {}, false});
    }
    const auto entry = store_->find(job->context->variant.id, job->context->variant.identity);
    if (!entry) continue;
    const auto all = ChangingFilm::bytes_of(std::string{entry->etag()});
    http::ResponseHead head;
    ASSERT_TRUE(http::parse_stored_head(entry->head(), head));
    const auto place = http::parse_content_range(head.fields.value(http::FieldId::content_range));
    ASSERT_EQ(place.has_value(), entry->meta.status == 206);
    ++(place ? parts : wholes);
    ASSERT_EQ(entry->body(), place ? all.substr(place->first, place->length()) : all) << i;
  }
  EXPECT_GT(parts, 50U);
  EXPECT_GT(wholes, 50U);
}

}  // namespace
}  // namespace cachearr::fetch
