#include "shared/record.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>

namespace cachearr::shared {
namespace {

constexpr TimePoint kRecordNow{std::chrono::seconds{1'700'000'000}};
constexpr std::string_view kRecordIdentity = "partition\nhttps\nhost\n443\nkey of it";
constexpr std::string_view kRecordKey = "cachearr:r1:{00}";
constexpr std::string_view kRecordHead = "HTTP/1.1 200 OK\r\nETag: \"a\"\r\n";

store::EntryPtr record_fresh_for(Duration life, std::string_view body = "the body of it") {
  const std::array<std::string_view, 1> pieces{body};
  const std::array<std::string_view, 2> tags{"series", "tmdb:1"};
  store::EntryParts parts;
  parts.id = hash128(kRecordIdentity);
  parts.identity = kRecordIdentity;
  parts.key = "key of it";
  parts.upstream = "tmdb";
  parts.type = "series";
  parts.tags = tags;
  parts.head = kRecordHead;
  parts.body = pieces;
  parts.meta.born_ms = parts.meta.stored_ms = kRecordNow.time_since_epoch().count();
  parts.meta.fresh_until_ms = (kRecordNow + life).time_since_epoch().count();
  parts.meta.status = 200;
  parts.meta.etag_at = 23;
  parts.meta.etag_size = 3;
  parts.meta.label = 7;
  parts.cost = {12, 34, 1};
  return store::make_entry(parts);
}

struct SealerPair {
  Sealer writer{std::string(32, 's'), std::string(16, 'w')};
  Sealer reader{std::string(32, 's'), std::string(16, 'r')};
};

RecordFault read_record(Sealer& sealer, std::string_view key, std::string_view bytes, store::EntryPtr& into,
                        std::string_view identity = kRecordIdentity, Duration ahead = {}, TimePoint now = kRecordNow) {
  RecordReader reader{sealer, key, bytes};
  const auto fault = reader.read_card(hash128(identity), ahead, now);
  return fault == RecordFault::none ? reader.read_entry(identity, 5, into) : fault;
}

TEST(Records, ComeBackAsTheyWere) {
  SealerPair pair;
  const auto entry = record_fresh_for(Duration{60'000});
  const RecordStamp stamp{77, 12, 1'700'000'000'000};
  const auto bytes = seal_record(pair.writer, kRecordKey, *entry, stamp, {});
  RecordReader reader{pair.reader, kRecordKey, bytes};
  ASSERT_EQ(reader.read_card(entry->id(), {}, kRecordNow), RecordFault::none);
  EXPECT_EQ(reader.stamp(), stamp);
  EXPECT_EQ(reader.card().key, "key of it");
  store::EntryPtr again;
  ASSERT_EQ(reader.read_entry(kRecordIdentity, 5, again), RecordFault::none);
  EXPECT_EQ(again->head(), kRecordHead);
  EXPECT_EQ(again->body(), "the body of it");
  EXPECT_EQ(again->etag(), "\"a\"");
  EXPECT_EQ(again->upstream(), "tmdb");
  EXPECT_EQ(again->tags().size(), 2U);
  EXPECT_EQ(again->tags()[1], hash128("tmdb:1").low);
  EXPECT_EQ(again->cost(), entry->cost());
  EXPECT_EQ(again->meta.fresh_until_ms, entry->meta.fresh_until_ms);
  EXPECT_EQ(again->meta.label, 0U);
  EXPECT_EQ(again->generation(), 5U);
}

TEST(Records, NeverEndWhereTheyNeverDoWhateverTheClocks) {
  SealerPair pair;
  const auto entry = record_fresh_for(Duration{caching::kForeverMs} - kRecordNow.time_since_epoch());
  const auto bytes = seal_record(pair.writer, kRecordKey, *entry, {}, Duration{-5'000});
  store::EntryPtr again;
  ASSERT_EQ(read_record(pair.reader, kRecordKey, bytes, again, kRecordIdentity, Duration{700}), RecordFault::none);
  EXPECT_EQ(again->meta.fresh_until_ms, caching::kForeverMs);
}

/// Two values that replace one another are compared inside the server, by these bytes.
TEST(Records, SayInTheClearWhichEpochAndOrdinalTheyAreOf) {
  SealerPair pair;
  const auto bytes = seal_record(pair.writer, kRecordKey, *record_fresh_for(Duration{60'000}), {0x0102, 0x0304, 5}, {});
  EXPECT_EQ(bytes.substr(8, 16), std::string("\x02\x01\0\0\0\0\0\0\x04\x03\0\0\0\0\0\0", 16));
}

TEST(Records, AreTimedByTheServersClock) {
  SealerPair pair;
  const auto entry = record_fresh_for(Duration{60'000});
  constexpr Duration writers_ahead{3 * 3'600'000}, readers_ahead{-5'000};
  const auto bytes = seal_record(pair.writer, kRecordKey, *entry, {}, writers_ahead);
  store::EntryPtr again;
  ASSERT_EQ(read_record(pair.reader, kRecordKey, bytes, again, kRecordIdentity, readers_ahead,
                        kRecordNow + writers_ahead - readers_ahead),
            RecordFault::none);
  EXPECT_EQ(again->meta.fresh_until_ms - entry->meta.fresh_until_ms, (writers_ahead - readers_ahead).count());
}

TEST(Records, OfAnotherSecretKeyOrIdentityAreNotBelieved) {
  SealerPair pair;
  const auto entry = record_fresh_for(Duration{60'000});
  const auto bytes = seal_record(pair.writer, kRecordKey, *entry, {}, {});
  store::EntryPtr none;
  Sealer stranger{std::string(32, 'x'), std::string(16, 'w')};
  EXPECT_EQ(read_record(stranger, kRecordKey, bytes, none), RecordFault::seal);
  EXPECT_EQ(read_record(pair.reader, "cachearr:r1:{11}", bytes, none), RecordFault::seal);
  EXPECT_EQ(read_record(pair.reader, kRecordKey, bytes, none, "another identity"), RecordFault::identity);
  EXPECT_EQ(read_record(pair.reader, kRecordKey, "CAR2" + bytes.substr(4), none), RecordFault::format);
  EXPECT_EQ(read_record(pair.reader, kRecordKey, "", none), RecordFault::format);
  EXPECT_FALSE(none);
}

TEST(Records, WhoseTimesCannotBeAreNotBelieved) {
  SealerPair pair;
  store::EntryPtr none;
  const auto bytes = seal_record(pair.writer, kRecordKey, *record_fresh_for(Duration{60'000}), {}, {});
  EXPECT_EQ(read_record(pair.reader, kRecordKey, bytes, none, kRecordIdentity, {}, kRecordNow - Duration{120'000}),
            RecordFault::times);
  EXPECT_EQ(read_record(pair.reader, kRecordKey, bytes, none, kRecordIdentity, {}, kRecordNow + Duration{120'000}),
            RecordFault::times);
}

TEST(Records, ChangedAnywhereAreNotBelieved) {
  SealerPair pair;
  const auto bytes = seal_record(pair.writer, kRecordKey, *record_fresh_for(Duration{60'000}), {1, 2, 3}, {});
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (const int bit : {0, 7}) {
      auto changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      store::EntryPtr none;
      ASSERT_NE(read_record(pair.reader, kRecordKey, changed, none), RecordFault::none) << at;
    }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    store::EntryPtr none;
    ASSERT_NE(read_record(pair.reader, kRecordKey, std::string_view{bytes}.substr(0, size), none), RecordFault::none)
        << size;
  }
}

TEST(Records, HoldNothingInTheClear) {
  SealerPair pair;
  const auto bytes = seal_record(pair.writer, kRecordKey, *record_fresh_for(Duration{60'000}), {}, {});
  for (const std::string_view secret : {"the body", "key of it", "host", "tmdb", "ETag"})
    EXPECT_EQ(bytes.find(secret), std::string::npos) << secret;
}

TEST(Seals, OfTheSameTextAreNeverTheSame) {
  SealerPair pair;
  EXPECT_NE(pair.writer.seal("p", "", "text"), pair.writer.seal("p", "", "text"));
  EXPECT_EQ(pair.reader.open("p", "", pair.writer.seal("p", "", "text")), "text");
  EXPECT_EQ(pair.reader.open("q", "", pair.writer.seal("p", "", "text")), std::nullopt);
  EXPECT_EQ(pair.reader.open("p", "b", pair.writer.seal("p", "", "text")), std::nullopt);
  EXPECT_EQ(pair.reader.open("p", "", pair.writer.seal("p", "", "")), "");
}

TEST(Seals, NameTextsForWhoHasTheSecretAlone) {
  SealerPair pair;
  Sealer stranger{std::string(32, 'x'), std::string(16, 'w')};
  EXPECT_EQ(pair.writer.name_of("record", "a"), pair.reader.name_of("record", "a"));
  EXPECT_NE(pair.writer.name_of("record", "a"), stranger.name_of("record", "a"));
  EXPECT_NE(pair.writer.name_of("record", "a"), pair.writer.name_of("lane", "a"));
}

/// CACHEARR_MUTATIONS=1000000 for the long form.
std::size_t mutations() {
  const auto* const asked = std::getenv("CACHEARR_MUTATIONS");
  return asked ? std::strtoull(asked, nullptr, 10) : 5'000;
}

/// Bits, bytes, ends and parts of another record.
std::string mutated(const std::string& record, const std::string& other, std::mt19937_64& chance) {
  auto bytes = record;
  const auto at = chance() % bytes.size();
  switch (chance() % 6) {
    case 0: bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1U << (chance() % 8))); break;
    case 1: bytes[at] = static_cast<char>(bytes[at] + 1 + static_cast<char>(chance() % 255)); break;
    case 2: bytes.resize(at); break;
    case 3: bytes.insert(at, 1 + chance() % 64, static_cast<char>(chance())); break;
    case 4: bytes.erase(at, 1 + chance() % 64); break;
    default: bytes = record.substr(0, at) + other.substr(std::min<std::size_t>(at, other.size()));
  }
  return bytes;
}

TEST(Records, ThatWereTouchedAreNeverBelieved) {
  SealerPair pair;
  const auto entry = record_fresh_for(Duration{60'000}), second = record_fresh_for(Duration{60'000}, "another body");
  const auto record = seal_record(pair.writer, kRecordKey, *entry, {1, 2, 3}, {});
  const auto other = seal_record(pair.writer, kRecordKey, *second, {1, 2, 3}, {});
  std::mt19937_64 chance{17};
  std::size_t tried = 0, believed = 0;
  while (tried < mutations()) {
    const auto bytes = mutated(record, other, chance);
    if (bytes == record || bytes == other) continue;
    ++tried;
    store::EntryPtr into;
    believed += read_record(pair.reader, kRecordKey, bytes, into) == RecordFault::none || into ? 1U : 0U;
  }
  EXPECT_EQ(believed, 0U) << "of " << tried;
}

}  // namespace
}  // namespace cachearr::shared
