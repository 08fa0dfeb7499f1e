// Message heads for the tests of this module, with the bytes they look into.
#pragma once

#include <deque>
#include <initializer_list>
#include <string>
#include <utility>

#include <cachearr/clock.hpp>

#include "caching/cache_control.hpp"
#include "caching/storing.hpp"
#include "http/date.hpp"
#include "http/message.hpp"

namespace cachearr::caching::test {

/// A name is no std::string: two literals in braces would be taken for the two ends of one.
struct Line {
  Line(const char* line_name, std::string line_value) : name{line_name}, value{std::move(line_value)} {}
  const char* name;
  std::string value;
};
using Lines = std::initializer_list<Line>;
using namespace std::chrono_literals;

inline const TimePoint kNow{std::chrono::seconds{1'700'000'000}};
inline std::string at(Duration from_now) { return http::format_date(kNow + from_now); }

template <class Head>
class Kept {
 public:
  Kept() = default;
  Kept(Lines lines) {
    for (const auto& line : lines) with(line.name, line.value);
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  Kept& with(std::string name, std::string value) {
    const auto& kept_name = kept_.emplace_back(std::move(name));
    const auto& kept_value = kept_.emplace_back(std::move(value));
    head.fields.add(kept_name, kept_value);
    return *this;
  }
  Head head;

 private:
  std::deque<std::string> kept_;  // never moves what it holds
};

struct Answer : Kept<http::ResponseHead> {
  explicit Answer(int status, Lines lines = {}) : Kept{lines} {
    head.status = status;
    head.reason = "Reason";
  }
};

struct Question : Kept<http::RequestHead> {
  explicit Question(Lines lines = {}, http::Method method = http::Method::get) : Kept{lines} {
    head.method = method;
    head.target = "/a?b=c";
  }
};

/// The directives of a request with this Cache-Control.
inline RequestDirectives asks(std::string value) {
  return request_directives(Question{{{"Cache-Control", std::move(value)}}}.head.fields);
}

/// The verdict on an answer that came at once.
inline StoreVerdict store(const Answer& answer, const Policy& policy = {}, const Question& question = Question{}) {
  return may_store(question.head, answer.head, policy, {kNow, kNow});
}

inline Policy rule(Mode mode, std::optional<Duration> ttl = std::nullopt) {
  Policy policy;
  policy.from_rule = true;
  policy.mode = mode;
  policy.ttl = ttl;
  return policy;
}

}  // namespace cachearr::caching::test
