// Requests as a journal gets them, for tests.
#pragma once

#include <string>
#include <string_view>

#include "client/request_journal.hpp"

namespace cachearr::client::test {

inline RequestFacts facts_of(std::string_view client = "192.0.2.1", std::int64_t at_ms = 1'700'000'000'042) {
  RequestFacts facts;
  facts.client = *ip::parse_address(client);
  facts.at = TimePoint{Duration{at_ms}};
  facts.result = metrics::RequestResult::hit;
  facts.status = 200;
  return facts;
}

inline ShownTexts texts_of(std::string_view url, std::string_view user_agent = "Sonarr/4") {
  ShownTexts texts;
  texts.add(ShownTexts::method, "GET");
  texts.add(ShownTexts::url, url);
  texts.add(ShownTexts::user_agent, user_agent);
  texts.add(ShownTexts::upstream, "tmdb");
  texts.add(ShownTexts::rule, "tmdb-tv");
  texts.add(ShownTexts::type, "series");
  texts.add(ShownTexts::key, "series:1");
  return texts;
}

/// Writes one as its worker does; gives its id, once that is not ahead of the clock: no worker is as fast as a test.
inline std::uint64_t record(RequestJournal& journal, std::string_view url, const RequestFacts& facts = facts_of(),
                            std::string_view detail = "", std::string_view error = "",
                            std::string_view user_agent = "Sonarr/4") {
  ClientTable::Place place;
  const auto texts = texts_of(url, user_agent);
  RequestNote note{facts, texts, detail, error};
  const auto now = [] { return std::chrono::steady_clock::now(); };
  {
    RequestJournal::Writing writing{journal};
    writing.add(note, now(), place);
  }
  while (RequestJournal::id_at(now()) < note.facts.id) {}
  return note.facts.id;
}

}  // namespace cachearr::client::test
