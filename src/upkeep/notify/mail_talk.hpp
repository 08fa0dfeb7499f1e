// What is said between us and a mail server (RFC 5321), listened to: libcurl keeps the answers to itself, and goes on
// where an address is refused. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "upkeep/notify/send_result.hpp"

namespace cachearr::upkeep {

class MailTalk {
 public:
  /// `to`: in the order in which the server is asked about them.
  explicit MailTalk(std::vector<std::string> to) : to_{std::move(to)} {}

  void we_said(std::string_view command);
  /// One line of the server's; others than answers are passed over.
  void server_said(std::string_view line);

  /// What it comes to. `failure`: libcurl's words, empty where it has got through.
  SendResult result(const std::string& failure, bool login_denied) const;

 private:
  struct Reply {
    int code = 0;  // 0: none came
    std::string words;
    bool is_whole = false;
    bool may_pass() const noexcept { return code >= 400 && code < 500; }
    bool is_refusal() const noexcept { return code >= 400; }
  };
  struct Refused {
    std::string address;
    Reply reply;
  };

  std::string refusals() const;
  SendResult without(bool partly) const;
  SendResult failed(const std::string& failure, bool login_denied) const;

  const std::vector<std::string> to_;
  std::size_t asked_ = 0;  // of `to_`
  bool is_recipient_ = false;
  bool over_ = false;
  Reply last_;  // to the last command
  std::vector<Refused> refused_;
};

}  // namespace cachearr::upkeep
