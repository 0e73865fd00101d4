#include "host/store/called_store.hpp"
#include "store/memory_object.hpp"
#include "store/store_calls.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

bool has(const std::string &text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

StoreAnswer put(const CalledStore &store, std::uint32_t flags, std::string &location) {
  const MemoryObject object("x", "abc", flags, 1min);
  return put_object(store.stage(), object.c_object(), location);
}

jetcapture_status name(const jetcapture_visitor &visitor, std::string_view text) {
  return visitor.name(&visitor, {text.data(), text.size()}, 1);
}

struct Listing {
  StoreAnswer answer;
  std::vector<std::string> names;
};
Listing list(CalledStore &store, std::vector<std::string> names, std::string_view prefix = "",
             std::string_view after = "", std::uint64_t limit = 0) {
  store.visit = [names = std::move(names)](const jetcapture_visitor &visitor) {
    for (const std::string &one : names)
      if (const jetcapture_status status = name(visitor, one); status != JETCAPTURE_OK)
        return status;
    return JETCAPTURE_OK + 0;
  };
  Listing listing;
  listing.answer = list_objects(store.stage(), prefix, after, limit, [&](std::string_view one, std::uint64_t) {
    listing.names.emplace_back(one);
    return true;
  });
  return listing;
}

} // namespace

TEST_CASE("an object in memory is read in pieces, and has its hash and its deadline") {
  const MemoryObject object("a/b", "abcdef", JETCAPTURE_CREATE_ONLY, 1min);
  const jetcapture_object &given = object.c_object();
  char bytes[8] = {};
  CHECK(given.read(&given, 4, bytes, 8) == 2);
  CHECK(std::string(bytes) == "ef");
  CHECK(given.read(&given, 6, bytes, 8) == 0);
  CHECK(given.bytes == 6);
  CHECK(given.sha256[0] == 0xbe);
  CHECK(given.deadline > deadline_in(50s));
}

TEST_CASE("each status of a put is handed on, and one that a put may not give is a breach") {
  CalledStore store;
  std::string location;
  for (const jetcapture_status status :
       {JETCAPTURE_RETRY, JETCAPTURE_CONFIGURATION, JETCAPTURE_FATAL, JETCAPTURE_BAD_DATA}) {
    store.put = [&](const jetcapture_object &, jetcapture_result &) { return status; };
    CHECK(put(store, 0, location).status == status);
    CHECK(has(put(store, 0, location).reason, "gave no reason"));
  }
  store.put = [](const jetcapture_object &, jetcapture_result &) { return JETCAPTURE_EXISTS + 0; };
  CHECK(put(store, JETCAPTURE_CREATE_ONLY, location).status == JETCAPTURE_EXISTS);
  CHECK(put(store, 0, location).status == JETCAPTURE_FATAL);
  CHECK(has(put(store, 0, location).reason, "put() returned exists: it breaks the plug-in ABI"));
  store.put = [](const jetcapture_object &, jetcapture_result &) { return 1234; };
  CHECK(has(put(store, 0, location).reason, "unknown status 1234"));
}

TEST_CASE("a location without an address is none, and a long one is cut") {
  CalledStore store;
  std::string location = "before";
  store.put = [](const jetcapture_object &, jetcapture_result &result) {
    result.set_location(&result, {nullptr, 1'000'000});
    return JETCAPTURE_OK + 0;
  };
  CHECK(put(store, 0, location).ok());
  CHECK(location.empty());
  const std::string text(10'000, 'x');
  store.put = [&](const jetcapture_object &, jetcapture_result &result) {
    result.set_location(&result, {text.data(), text.size()});
    return JETCAPTURE_OK + 0;
  };
  CHECK(put(store, 0, location).ok());
  CHECK(location.size() == 4096);
}

TEST_CASE("a stat with an unknown hash source, or an exists that is no flag, is a breach") {
  CalledStore store;
  jetcapture_object_status status{};
  store.stat = [](std::string_view, jetcapture_object_status &found) {
    found.exists = 1;
    found.hash_source = 3;
    return JETCAPTURE_OK + 0;
  };
  CHECK(has(stat_object(store.stage(), "x", status).reason, "unknown hash source 3"));
  store.stat = [](std::string_view, jetcapture_object_status &found) {
    found.exists = 2;
    return JETCAPTURE_OK + 0;
  };
  CHECK(stat_object(store.stage(), "x", status).status == JETCAPTURE_FATAL);
  const CalledStore blind(0, false);
  CHECK(stat_object(blind.stage(), "x", status).reason == "the store has no stat()");
}

TEST_CASE("names of a listing that are not in order, not asked for, or no texts are a breach") {
  CalledStore store;
  CHECK(list(store, {"a", "b"}).answer.ok());
  CHECK(list(store, {"a", "b"}).names.size() == 2);
  CHECK(has(list(store, {"b", "a"}).answer.reason, "ascending order"));
  CHECK(has(list(store, {"a", "a"}).answer.reason, "ascending order"));
  CHECK(has(list(store, {"a"}, "", "a").answer.reason, "ascending order"));
  CHECK(has(list(store, {"eu/a", "us/a"}, "eu/").answer.reason, "does not begin with the prefix"));
  CHECK(has(list(store, {"a", "b", "c"}, "", "", 2).answer.reason, "more names than were asked for"));
  store.visit = [](const jetcapture_visitor &visitor) { return visitor.name(&visitor, {nullptr, 5}, 1); };
  const auto all = [](std::string_view, std::uint64_t) { return true; };
  CHECK(has(list_objects(store.stage(), "", "", 0, all).reason, "NULL pointer with a size"));
  store.visit = [](const jetcapture_visitor &visitor) { return visitor.bytes(&visitor, {"a", 1}); };
  CHECK(has(list_objects(store.stage(), "", "", 0, all).reason, "gave bytes"));
}

TEST_CASE(
    "who has enough of a listing or an object ends it, which is no error, and a store that goes on breaks the ABI") {
  CalledStore store;
  std::string got;
  store.visit = [](const jetcapture_visitor &visitor) { return visitor.bytes(&visitor, {"abc", 3}); };
  const auto take = [&](std::string_view bytes) {
    got += bytes;
    return false;
  };
  CHECK(get_object(store.stage(), "x", 0, UINT64_MAX, take).ok());
  CHECK(got == "abc");
  store.visit = [](const jetcapture_visitor &visitor) {
    visitor.bytes(&visitor, {"abc", 3});
    return visitor.bytes(&visitor, {"def", 3});
  };
  CHECK(has(get_object(store.stage(), "x", 0, UINT64_MAX, take).reason, "went on"));
  CHECK(has(get_object(store.stage(), "x", 0, 2, take).reason, "more bytes than were asked for"));
  store.visit = [](const jetcapture_visitor &) { return JETCAPTURE_NOT_FOUND + 0; };
  CHECK(get_object(store.stage(), "x", 0, 2, take).status == JETCAPTURE_NOT_FOUND);
  CHECK(list(store, {}).answer.ok());
  store.remove = [](std::string_view) { return JETCAPTURE_NOT_FOUND + 0; };
  CHECK(remove_object(store.stage(), "x").status == JETCAPTURE_FATAL);
}
