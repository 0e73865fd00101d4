#include "host/store/called_store.hpp"
#include "store/create_only_probe.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;
using Verdict = CreateOnlyProbe::Verdict;

namespace {

// A service that keeps sizes, and creates only where replaces is false.
struct Service {
  explicit Service(bool replaces, std::uint32_t flags = JETCAPTURE_STORE_CREATES, bool optional = true)
      : store(flags, optional) {
    store.put = [this, replaces](const jetcapture_object &object, jetcapture_result &) -> jetcapture_status {
      puts++;
      if (lost_answers > 0) {
        lost_answers--;
        sizes.emplace(name_of(object), object.bytes);
        return JETCAPTURE_EXISTS;
      }
      CHECK(object.flags == JETCAPTURE_CREATE_ONLY);
      if (status != JETCAPTURE_OK)
        return status;
      if (!replaces && sizes.contains(name_of(object)))
        return JETCAPTURE_EXISTS;
      sizes[name_of(object)] = object.bytes;
      return JETCAPTURE_OK;
    };
    store.stat = [this](std::string_view name, jetcapture_object_status &found) -> jetcapture_status {
      found.exists = sizes.contains(std::string(name)) ? 1 : 0;
      found.bytes = found.exists == 1 ? sizes[std::string(name)] : 0;
      return JETCAPTURE_OK;
    };
    store.remove = [this](std::string_view name) -> jetcapture_status {
      sizes.erase(std::string(name));
      return JETCAPTURE_OK;
    };
  }
  static std::string name_of(const jetcapture_object &object) {
    return {object.name.data, static_cast<std::size_t>(object.name.size)};
  }
  CreateOnlyProbe probe() const { return probe_create_only(store.stage(), 1min); }

  CalledStore store;
  std::map<std::string, std::uint64_t> sizes;
  jetcapture_status status = JETCAPTURE_OK;
  int lost_answers = 0;
  int puts = 0;
};

} // namespace

TEST_CASE("a service that refuses to replace is found to create only, and nothing is left there") {
  const Service service(false);
  const CreateOnlyProbe probe = service.probe();
  CHECK(probe.verdict == Verdict::works);
  CHECK(probe.reason.empty());
  CHECK(probe.left.empty());
  CHECK(service.puts == 2);
  CHECK(service.sizes.empty());
}

TEST_CASE("a service that passes the question over and replaces is found out") {
  const Service service(true);
  const CreateOnlyProbe probe = service.probe();
  CHECK(probe.verdict == Verdict::lacking);
  CHECK(probe.reason.find("replaces") != std::string::npos);
  CHECK(service.sizes.empty());
}

TEST_CASE("a store that does not offer to create only is not asked") {
  const Service service(false, 0);
  CHECK(service.probe().verdict == Verdict::lacking);
  CHECK(service.puts == 0);
}

TEST_CASE("a service that can't be asked leaves it open, with the reason") {
  Service service(false);
  service.status = JETCAPTURE_RETRY;
  const CreateOnlyProbe probe = service.probe();
  CHECK(probe.verdict == Verdict::unknown);
  CHECK_FALSE(probe.refused);
  CHECK(probe.reason.find("the first put of the probe failed") != std::string::npos);
  service.status = JETCAPTURE_CONFIGURATION;
  CHECK(service.probe().refused);
}

TEST_CASE("a first put whose answer was lost proves as much as one that was answered") {
  Service service(false);
  service.lost_answers = 1;
  CHECK(service.probe().verdict == Verdict::works);
}

TEST_CASE("a service that says of everything that it exists does not create") {
  Service service(false);
  service.store.put = [](const jetcapture_object &, jetcapture_result &) { return JETCAPTURE_EXISTS + 0; };
  CHECK(service.probe().verdict == Verdict::lacking);
}

TEST_CASE("a store that can't remove has the name of the probe told") {
  const Service service(false, JETCAPTURE_STORE_CREATES, false);
  const CreateOnlyProbe probe = service.probe();
  CHECK(probe.verdict == Verdict::works);
  CHECK(probe.left == "_manifest/_probe/create-only");
  // The next one finds it there, and leaves no other.
  CHECK(service.probe().verdict == Verdict::works);
  CHECK(service.sizes.size() == 1);
}
