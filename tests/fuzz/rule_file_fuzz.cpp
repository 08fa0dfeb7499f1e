// Any bytes as a rules file: it loads, or every problem has a place in it; never both, never neither. What loads
// answers requests.
#include <algorithm>

#include "fuzz/input.hpp"
#include "rules/load/load.hpp"

using namespace cachearr;
using fuzz::require;

namespace {

void use(const rules::RuleSet& set) {
  http::RequestHead head;
  rules::Captures captures;
  rules::KeyParts parts;
  rules::Scratch scratch;
  for (const std::string_view method : {"GET", "PUT"}) {
    head.method_text = method;
    head.method = http::method_of(method);
    for (const auto& upstream : set.upstreams()) {
      require(set.upstream_named(upstream->name) == upstream.get());
      for (const auto* path : {"/", "/3/tv/1", "/a/b/c/d", "/x%2fy"}) {
        http::Target target;
        target.scheme = "https";
        target.host = "api.test";
        target.port = 443;
        target.path = path;
        target.query = "a=1&t=search&b=";
        const auto* rule = set.match(*upstream, head, target.path, target.query, scratch, captures);
        rules::build_key({upstream.get(), rule}, head, target, captures, "0123456789abcdef", scratch, parts);
        require(!parts.identity.empty());
        if (rule) {
          rules::tags_of(*rule, captures);
          rules::inspect_body(*rule, "", R"({"status": "Ended", "a": [1, {"b": null}]})");
          rules::inspect_body(*rule, "", "<rss><channel><item a='1'>x</item></channel></rss>");
        }
        for (const auto* write : set.invalidations(*upstream, head, target.path, target.query, {}, scratch, captures)) {
          for (const auto& item : write->invalidate) rules::expand(item.text, captures);
        }
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  Problems problems;
  const auto set = rules::load_text(text, "f", problems);
  require((set != nullptr) == problems.empty());
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const auto& problem : problems) {
    require(!problem.message.empty() && problem.at.file == "f");
    require(problem.at.line <= lines && problem.at.column <= text.size() + 1);
  }
  if (set) use(*set);
  return 0;
}
