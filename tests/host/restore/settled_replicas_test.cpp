#include "restore/settled_replicas.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace jetcapture::host;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

json info_with(const json &replicas) {
  return {{"cluster", {{"leader", "n0"}, {"replicas", replicas}}}};
}

const json current = {{"name", "n1"}, {"current", true}};
const json behind = {{"name", "n2"}, {"current", true}, {"lag", 3}};
const json unheard = {{"name", "n2"}, {"current", false}};

} // namespace

TEST_CASE("a stream without replicas waits for none") {
  CHECK(SettledReplicas().see(json::object(), {}));
  CHECK(SettledReplicas().see({{"cluster", nullptr}}, {}));
  CHECK(SettledReplicas().see({{"cluster", {{"leader", "n0"}}}}, {}));
}

TEST_CASE(
    "a replica has what the leader has once it has been current for a while, and not in the moment before it asks "
    "for what it lacks") {
  SettledReplicas replicas;
  SettledReplicas::Time now;
  CHECK_FALSE(replicas.see(info_with({current, behind}), now));
  CHECK(replicas.behind() == std::vector<std::string>{"n2"});
  CHECK_FALSE(replicas.see(info_with({current, unheard}), now += 5s));
  CHECK_FALSE(replicas.see(info_with({current, current}), now += 5s));
  CHECK_FALSE(replicas.see(info_with({current, current}), now += 4900ms));
  CHECK_FALSE(replicas.see(info_with({current, behind}), now += 100ms));
  CHECK_FALSE(replicas.see(info_with({current, current}), now += 5s));
  CHECK(replicas.behind().empty());
  CHECK(replicas.see(info_with({current, current}), now += 5s));
}
