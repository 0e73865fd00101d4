#include "audit/ordered_reach.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;

namespace {

struct Chains {
  std::vector<std::vector<Manifest>> chains;

  // A chain of runs, each with the floor at which it begins and its filters.
  struct Run {
    std::uint64_t floor;
    std::vector<std::string> filters;
  };
  void add(const std::string &host, const std::vector<Run> &runs, std::uint64_t floor, std::uint64_t claim_last = 0) {
    std::vector<Manifest> &chain = chains.emplace_back();
    for (const Run &run : runs)
      for (const auto kind : {ManifestHeader::Kind::start, ManifestHeader::Kind::commit}) {
        Manifest &manifest = chain.emplace_back();
        manifest.kind = kind;
        manifest.number = chain.size();
        manifest.chain = {"S", "C", host};
        manifest.filters = run.filters;
        manifest.floor = run.floor;
        manifest.claim_messages = claim_last > 0 ? 100 : 0;
        manifest.claim_last = claim_last;
      }
    chain.back().floor = floor;
  }
  OrderedReach reach() const {
    OrderedReaches reaches;
    for (const std::vector<Manifest> &chain : chains)
      for (auto manifest = chain.rbegin(); manifest != chain.rend(); ++manifest)
        reaches.take(*manifest, {});
    return reaches.all().at(0);
  }
  // "0..100:a 101..:" for each range.
  std::string ranges() const {
    std::string text;
    for (const FilteredRange &range : reach().ranges) {
      text += (text.empty() ? "" : " ") + std::to_string(range.first) + "..";
      text += range.last == UINT64_MAX ? "" : std::to_string(range.last);
      for (const std::string &filter : range.filters)
        text += ":" + filter;
    }
    return text;
  }
};

} // namespace

TEST_CASE("filters count for the sequences that were read with them") {
  Chains chains;
  chains.add("ordered", {{0, {"a"}}, {40, {"a"}}, {100, {"b", "c"}}, {150, {}}}, 180);
  CHECK(chains.ranges() == "0..100:a 101..150:b:c 151..");
  CHECK(chains.reach().floor == 180);
  CHECK(chains.reach().begins_behind == 0);
}

TEST_CASE("what was read once more after a stream had lost its end counts with the later filters") {
  Chains chains;
  chains.add("ordered", {{10, {"a"}}, {100, {"b"}}, {60, {"b"}}}, 80);
  CHECK(chains.ranges() == "0..60:a 61..:b");
  CHECK(chains.reach().begins_behind == 10);
}

TEST_CASE("each claim counts with the filters of its own runs") {
  Chains chains;
  chains.add("claim-000000000001", {{100, {"a"}}}, 200, 200);
  chains.add("claim-000000000002", {{200, {"b"}}}, 250, 300);
  chains.add("ordered", {{0, {"a"}}}, 100, 100);
  CHECK(chains.ranges() == "0..200:a 201..:b");
  CHECK(chains.reach().floor == 250);
}
