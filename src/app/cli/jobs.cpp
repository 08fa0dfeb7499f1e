#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <thread>

#include "app/cli/command.hpp"
#include "app/cli/job_text.hpp"
#include "app/cli/key_request.hpp"
#include "app/exit_code.hpp"
#include "base/text.hpp"

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::milliseconds look_every{500};
constexpr int lines_apart = 10;  // percent between two lines where the output is no terminal

struct WarmArguments {
  std::string type, id;
  bool no_wait = false;
};

struct JobArguments {
  std::string id;
  bool cancel = false;
};

Result<Json> ask_of_job(const Invocation& invocation, const std::string& method, const std::string& id) {
  AdminRequest request;
  request.method = method;
  request.target = "/api/v1/jobs/" + text::percent_encode(id);
  auto answer = ask_for_json(invocation, request);
  return answer.ok() ? Result<Json>{(*answer)["job"]} : answer;
}

int exit_code_of(const Json& job) {
  const auto state = job.value("state", "");
  return state == "failed" || state == "cancelled" ? exit_no : exit_ok;
}

/// Shows a job over and over: one line that changes on a terminal, else a line now and then.
class Progress {
 public:
  explicit Progress(const CliEnv& env) : out_{env.out}, is_terminal_{env.is_terminal} {}

  void show(const Json& job) {
    const auto percent = percent_of(job);
    const bool ended = job.value("state", "") != "running";
    if (is_terminal_) {
      out_ << '\r' << progress_bar(job) << "\x1b[K" << std::flush;
    } else if (ended || percent >= last_ + lines_apart || last_ < 0) {
      out_ << job_line(job) << std::endl;
      last_ = percent;
    }
    if (!ended) return;
    if (is_terminal_) out_ << '\n' << job_line(job) << '\n';
    if (const auto problem = job.value("problem", Json()); problem.is_string()) out_ << shown(problem) << '\n';
  }

 private:
  std::ostream& out_;
  bool is_terminal_;
  int last_ = -1;
};

int follow(const Invocation& invocation, Json job) {
  Progress progress{invocation.env};
  const auto id = shown(job["id"]);
  while (job.value("state", "") == "running") {
    if (!invocation.json) progress.show(job);
    std::this_thread::sleep_for(look_every);
    auto next = ask_of_job(invocation, "GET", id);
    if (!next.ok()) return fail(invocation, next.error().what);
    job = *std::move(next);
  }
  if (invocation.json) {
    invocation.env.out << job.dump(2) << '\n';
  } else {
    progress.show(job);
  }
  return exit_code_of(job);
}

int warm(const Invocation& invocation, const WarmArguments& arguments) {
  AdminRequest request;
  request.method = "POST";
  request.target = "/api/v1/warmup";
  Json body = {{"type", arguments.type}};
  if (!arguments.id.empty()) body["id"] = arguments.id;
  request.body = body.dump();
  auto answer = ask_for_json(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  auto& out = invocation.env.out;
  if (!answer->value("started", true) && !invocation.json) out << "this warm-up runs already\n";
  if (!arguments.no_wait) return follow(invocation, (*answer)["job"]);
  if (invocation.json) return out << (*answer)["job"].dump(2) << '\n', exit_ok;
  out << job_line((*answer)["job"]) << '\n';
  return exit_ok;
}

int list_jobs(const Invocation& invocation) {
  AdminRequest request;
  request.target = "/api/v1/jobs";
  const auto answer = ask_for_json(invocation, request);
  if (!answer.ok()) return fail(invocation, answer.error().what);
  auto& out = invocation.env.out;
  if (invocation.json) return out << answer->dump(2) << '\n', exit_ok;
  const auto jobs = answer->value("jobs", Json::array());
  if (jobs.empty()) out << "there was no job yet; `cachearr warm all` begins one\n";
  for (const auto& job : jobs) out << job_line(job) << '\n';
  return exit_ok;
}

int jobs(const Invocation& invocation, const JobArguments& arguments) {
  if (arguments.id.empty() && !arguments.cancel) return list_jobs(invocation);
  if (arguments.id.empty()) return fail(invocation, "name the job that is to be cancelled"), exit_usage;
  const auto job = ask_of_job(invocation, arguments.cancel ? "DELETE" : "GET", arguments.id);
  if (!job.ok()) return fail(invocation, job.error().what);
  auto& out = invocation.env.out;
  if (invocation.json) return out << job->dump(2) << '\n', exit_ok;
  if (arguments.cancel) return out << job_line(*job) << '\n', exit_ok;
  print_plain(out, *job);
  return exit_ok;
}

}  // namespace

void add_warm(const Command& program, Invocation& invocation) {
  const auto command = program.command("warm", "Fill the cache before anybody asks, within what the budgets leave");
  const auto arguments = std::make_shared<WarmArguments>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command
      .option("type", arguments->type, "all, series, episodes, metadata, indexers, quality-profiles or custom-formats")
      .required()
      .one_of({"all", "series", "episodes", "metadata", "indexers", "quality-profiles", "custom-formats"});
  command.option("--id", arguments->id, "Only this one, by its number in the application")
      .type_name("N")
      .check(trouble_with_number);
  command.flag("--no-wait", arguments->no_wait, "Begin it and do not wait for its end");
  command.on_parsed([&invocation, arguments] {
    invocation.run = on_instance(invocation, [&invocation, arguments] { return warm(invocation, *arguments); });
  });
}

void add_jobs(const Command& program, Invocation& invocation) {
  const auto command = program.command("jobs", "Show the warm-ups that run and the last ones, or one of them");
  const auto arguments = std::make_shared<JobArguments>();
  add_config_option(command, invocation);
  add_json_option(command, invocation);
  command.option("id", arguments->id, "All about this one");
  command.flag("--cancel", arguments->cancel, "End it; what it has fetched stays");
  command.on_parsed([&invocation, arguments] {
    invocation.run = on_instance(invocation, [&invocation, arguments] { return jobs(invocation, *arguments); });
  });
}

}  // namespace cachearr::app
