#include "net/resolver.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <unordered_map>

namespace cachearr::net {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto kGood = std::chrono::seconds{60};
constexpr auto kBad = std::chrono::seconds{5};
constexpr std::size_t kMaxNames = 4096;

struct Answer {
  std::vector<ip::Address> addresses;
  std::string problem;
  Clock::time_point until;
};

ip::Address from_asio(const asio::ip::address& address) {
  ip::Address result;
  const auto v6 = address.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()) : address.to_v6();
  const auto bytes = v6.to_bytes();
  std::copy(bytes.begin(), bytes.end(), result.bytes.begin());
  return result;
}

std::vector<ip::Address> alternate(const std::vector<ip::Address>& all) {
  std::vector<ip::Address> v4, v6, mixed;
  for (const auto& address : all) (address.is_v4() ? v4 : v6).push_back(address);
  for (std::size_t i = 0; i < std::max(v4.size(), v6.size()); ++i) {
    if (i < v6.size()) mixed.push_back(v6[i]);
    if (i < v4.size()) mixed.push_back(v4[i]);
  }
  return mixed;
}

/// Ends a look-up that takes too long: the system's resolver has no limit of its own that we control.
class Limit final : public Deadline {
 public:
  Limit(Deadlines& deadlines, asio::ip::tcp::resolver& resolver) : Deadline{deadlines}, resolver_{resolver} {}

 private:
  void expire() noexcept override { resolver_.cancel(); }
  asio::ip::tcp::resolver& resolver_;
};

}  // namespace

struct Resolver::Impl {
  Worker& worker;
  std::unordered_map<std::string, Answer> cache;
};

Resolver::Resolver(Worker& worker) : impl_{new Impl{worker, {}}} {}
Resolver::~Resolver() = default;

Task<Result<std::vector<ip::Address>>> Resolver::resolve(std::string host, Duration limit) {
  if (const auto literal = ip::parse_address(host)) co_return std::vector<ip::Address>{*literal};
  auto& cache = impl_->cache;
  const auto known = cache.find(host);
  if (known != cache.end() && known->second.until > Clock::now()) {
    if (known->second.addresses.empty()) co_return Error{known->second.problem};
    co_return known->second.addresses;
  }
  asio::ip::tcp::resolver resolver{impl_->worker.context()};
  Limit watch{impl_->worker.deadlines(), resolver};
  watch.arm(limit);
  auto looking = resolver.async_resolve(host, "", asio::as_tuple(asio::deferred));
  const auto [error, results] = co_await std::move(looking);
  Answer answer;
  for (const auto& result : results) answer.addresses.push_back(from_asio(result.endpoint().address()));
  answer.addresses = alternate(answer.addresses);
  if (answer.addresses.empty())
    answer.problem = error == asio::error::operation_aborted
                         ? "looking up " + host + " took too long"
                         : "cannot find the address of " + host + " (DNS: " + error.message() + ")";
  answer.until = Clock::now() + (answer.addresses.empty() ? std::chrono::seconds{kBad} : std::chrono::seconds{kGood});
  if (cache.size() >= kMaxNames) cache.clear();
  const auto kept = cache.insert_or_assign(host, std::move(answer)).first;
  if (kept->second.addresses.empty()) co_return Error{kept->second.problem};
  co_return kept->second.addresses;
}

}  // namespace cachearr::net
