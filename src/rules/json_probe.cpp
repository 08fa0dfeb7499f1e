#include "rules/json_probe.hpp"

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace cachearr::rules {

namespace {

using Json = nlohmann::json;

std::string unescaped(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size()) {
      out.push_back(token[++i] == '0' ? '~' : '/');
    } else {
      out.push_back(token[i]);
    }
  }
  return out;
}

/// One pointer and how much of it the current place agrees with.
struct Probe {
  explicit Probe(const BodyCondition& of) : condition{&of} {
    if (of.equals) wanted = Json::parse(of.equals_json, nullptr, false);
    if (of.path.empty()) return;
    for (const auto token : text::split(std::string_view{of.path}.substr(1), '/')) tokens.push_back(unescaped(token));
  }
  const BodyCondition* condition;
  std::vector<std::string> tokens;
  Json wanted;
  std::size_t agreed = 0;  // leading tokens that are the names of the containers around the current place
  bool decided = false, holds = false;
};

/// Called by the parser with each event; gives false to stop it.
class Listener : public nlohmann::json_sax<Json> {
 public:
  explicit Listener(const std::vector<const BodyCondition*>& conditions) {
    for (const auto* condition : conditions) probes_.emplace_back(*condition);
    for (auto& probe : probes_) {
      probe.decided = probe.condition->kind != BodyCondition::Kind::json;
      open_ += probe.decided ? 0 : 1;
    }
  }
  std::vector<bool> results() const {
    std::vector<bool> out;
    for (const auto& probe : probes_) out.push_back(probe.holds);
    return out;
  }

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return scalar(value); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(value); }
  bool number_float(number_float_t value, const string_t&) override { return scalar(value); }
  bool string(string_t& value) override { return scalar(value); }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return begin(false); }
  bool start_array(std::size_t) override { return begin(true); }
  bool key(string_t& name) override {
    levels_.back().name = name;
    return true;
  }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  struct Level {
    bool array;
    std::size_t index;
    std::string name;
  };

  /// A value begins: is it the one that a probe looks for? `wanted` stays null where mere existence counts.
  bool scalar(const Json& value) {
    visit(&value);
    step();
    return open_ > 0;
  }
  bool begin(bool array) {
    visit(nullptr);
    for (auto& probe : probes_) {
      if (probe.agreed + 1 == levels_.size() && agrees(probe)) ++probe.agreed;
    }
    levels_.push_back({array, 0, {}});
    return open_ > 0;
  }
  bool end() {
    levels_.pop_back();
    for (auto& probe : probes_) {
      if (!levels_.empty() && probe.agreed >= levels_.size()) probe.agreed = levels_.size() - 1;
    }
    step();
    return true;
  }
  void step() {
    if (!levels_.empty()) ++levels_.back().index;
  }
  /// The current member's name is the probe's next token. REQUIRES: everything around agrees.
  bool agrees(const Probe& probe) const {
    if (probe.agreed >= probe.tokens.size()) return false;
    const auto& level = levels_.back();
    return probe.tokens[probe.agreed] == (level.array ? std::to_string(level.index) : level.name);
  }
  void visit(const Json* scalar_value) {
    for (auto& probe : probes_) {
      if (probe.decided || levels_.size() != probe.tokens.size()) continue;
      if (!levels_.empty() && (probe.agreed + 1 != levels_.size() || !agrees(probe))) continue;
      probe.decided = true;
      probe.holds = holds(probe, scalar_value);
      --open_;
    }
  }

  static bool holds(const Probe& probe, const Json* value) {
    const auto& condition = *probe.condition;
    if (condition.equals && (!value || *value != probe.wanted)) return false;
    if (condition.like.empty() && condition.not_like.empty()) return true;
    return value && condition.fits(value->is_string() ? value->get_ref<const std::string&>() : value->dump());
  }

  std::vector<Probe> probes_;
  std::vector<Level> levels_;
  std::size_t open_ = 0;
};

}  // namespace

std::vector<bool> probe_json(std::string_view text, const std::vector<const BodyCondition*>& conditions) {
  Listener listener{conditions};
  Json::sax_parse(text.begin(), text.end(), &listener);
  return listener.results();
}

}  // namespace cachearr::rules
