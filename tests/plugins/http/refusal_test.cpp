// What a refused put means: the object may be there already, or the service may not take the checksum, or want one.
#include "http/refusal.hpp"
#include "http/stored_object.hpp"
#include "plugins/support/fake_host.hpp"
#include "s3/checksums.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace jetcapture::plugins;
using jetcapture::Retry;

namespace {

// A put that is refused, and what the service has.
struct Refused {
  explicit Refused(long given) : status(given) { object.bytes = 5; }

  // "" where the put counts as done.
  std::string sentence(const std::function<std::optional<StoredObject>()> &look) const {
    try {
      put_unless_there(
          jetcapture::Object(object), [&] { throw Refusal("refused", status, "Code"); }, look);
      return "";
    } catch (const Refusal &refusal) {
      CHECK(refusal.status() == status);
      CHECK(refusal.code() == "Code");
      return refusal.what();
    }
  }

  long status;
  jetcapture_object object{}; // its SHA-256 is all zeros
};

// A service that takes uploads with a checksum, without one, or both; how it was asked.
struct Service {
  bool with = true;
  bool without = true;
  std::string code = "InvalidRequest";
  std::vector<bool> asked = {};

  void upload(Checksums &checksums) {
    checksums.upload([&](Checksum kind) {
      const bool sent = kind == Checksum::sha256;
      asked.push_back(sent);
      if (sent ? !with : !without)
        throw Refusal(sent ? "refused with" : "refused without", 400, code);
    });
  }
};

} // namespace

TEST_CASE("a put that is refused counts as done only when an object of the same size and hash is there") {
  for (const long status : {400L, 403L, 409L, 412L}) {
    const Refused refused(status);
    Sha256 other{};
    other[31] = 1;
    CHECK(refused.sentence([] { return StoredObject{5, Sha256{}}; }).empty());
    CHECK(refused.sentence([] { return std::nullopt; }) == "refused");
    CHECK(refused.sentence([] { return StoredObject{6, Sha256{}}; }).find("object of 6 bytes") != std::string::npos);
    CHECK(refused.sentence([&] { return StoredObject{5, other}; }).find("another SHA-256") != std::string::npos);
    CHECK(refused.sentence([] { return StoredObject{5, std::nullopt}; }).find("no SHA-256") != std::string::npos);
  }
}

TEST_CASE("a put that is refused for another reason than what is there is not looked up") {
  CHECK(Refused(401).sentence([]() -> std::optional<StoredObject> { throw Retry("looked up"); }) == "refused");
}

TEST_CASE(
    "where what is there can't be looked at now the put is tried again, and where it may not be the right is told") {
  CHECK_THROWS_AS(Refused(409).sentence([]() -> std::optional<StoredObject> { throw Retry("busy"); }), Retry);
  const auto forbidden = []() -> std::optional<StoredObject> { throw Refusal("lack the right", 403, ""); };
  CHECK(Refused(409).sentence(forbidden).find("lack the right") != std::string::npos);
  CHECK(Refused(403).sentence(forbidden) == "refused");
}

TEST_CASE(
    "uploads carry a checksum until a service takes one only without, and then again when it takes one only with") {
  const jetcapture::test::FakeHost host;
  Checksums checksums{jetcapture::Host(host.get())};
  Service service;
  service.upload(checksums);
  service.with = false;
  service.upload(checksums);
  service.upload(checksums);
  CHECK(service.asked == std::vector<bool>{true, true, false, false});
  CHECK(host.logged().size() == 1);
  service.with = true;
  service.without = false;
  service.upload(checksums);
  service.upload(checksums);
  CHECK(service.asked == std::vector<bool>{true, true, false, false, false, true, true});
  CHECK(host.logged().size() == 2);
}

TEST_CASE(
    "an upload that is refused with a checksum and without fails with the first refusal, and nothing is learned") {
  const jetcapture::test::FakeHost host;
  Checksums checksums{jetcapture::Host(host.get())};
  Service service{false, false};
  CHECK_THROWS_WITH_AS(service.upload(checksums), "refused with", Refusal);
  CHECK_THROWS_WITH_AS(service.upload(checksums), "refused with", Refusal);
  CHECK(service.asked == std::vector<bool>{true, false, true, false});
  CHECK(host.logged().empty());
}

TEST_CASE("a refusal that has nothing to do with checksums is no reason to upload once more") {
  const jetcapture::test::FakeHost host;
  Checksums checksums{jetcapture::Host(host.get())};
  for (const char *code : {"AccessDenied", "ExpiredToken", "EntityTooLarge", "InvalidStorageClass"}) {
    Service service{false, true, code};
    CHECK_THROWS_AS(service.upload(checksums), Refusal);
    CHECK(service.asked.size() == 1);
  }
}
