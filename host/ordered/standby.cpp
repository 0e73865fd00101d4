#include "ordered/standby.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

constexpr auto between_looks = 1s;
constexpr int waits_a_look = 4;

} // namespace

Standby::Standby(Surroundings surroundings, std::string last_run, std::chrono::nanoseconds takeover_after)
    : with_(std::move(surroundings)), last_run_(std::move(last_run)), takeover_after_(takeover_after) {}

// Nobody owns it.
bool Standby::is_free() const {
  return with_.chain.is_new() || with_.chain.last().ends || with_.chain.last().run == last_run_;
}

// Whether the chain has grown.
bool Standby::look() {
  try {
    const bool grew = with_.chain.look();
    if (!std::exchange(problem_, "").empty())
      with_.log.info("the store can be asked for the manifests again", {});
    return grew;
  } catch (const StoreFailure &failure) {
    if (std::exchange(problem_, failure.what()).empty())
      with_.log.warn("the store can't be asked for the manifests; it is asked again", {{"reason", failure.what()}});
    return false;
  }
}

void Standby::wait(std::chrono::nanoseconds time, bool owner_is_known) {
  with_.tell({.owner = owner_is_known ? &with_.chain.last() : nullptr,
              .silent = with_.now() - last_sign_,
              .problem = problem_});
  with_.wait(time);
}

void Standby::wait_for_turn() {
  last_sign_ = with_.now();
  for (look(); !problem_.empty(); look())
    wait(between_looks, false);
  if (is_free())
    return;
  with_.log.info("another host owns this capture: standing by until it shows no sign of life",
                 {{"owner", with_.chain.last().owner},
                  {"run", with_.chain.last().run},
                  {"starts", with_.chain.last().starts},
                  {"takeover_after", takeover_after_}});
  last_sign_ = with_.now();
  auto known_since = last_sign_; // it could hear the owner, and see the chain
  while (true) {
    for (int i = 0; i < waits_a_look; i++) {
      wait(std::min<std::chrono::nanoseconds>(between_looks, takeover_after_ / 4) / waits_a_look, true);
      if (with_.heard(with_.chain.last().run))
        last_sign_ = with_.now();
      if (!with_.can_hear())
        known_since = with_.now();
    }
    if (look())
      last_sign_ = with_.now();
    if (!problem_.empty()) {
      known_since = with_.now();
      continue;
    }
    if (is_free()) {
      with_.log.info("the owner of this capture has ended: taking over",
                     {{"owner", with_.chain.last().owner}, {"run", with_.chain.last().run}});
      return;
    }
    if (with_.now() - std::max(last_sign_, known_since) >= takeover_after_) {
      with_.log.warn(
          "the owner of this capture shows no sign of life: taking over",
          {{"owner", with_.chain.last().owner}, {"run", with_.chain.last().run}, {"for", with_.now() - last_sign_}});
      return;
    }
  }
}

} // namespace jetcapture::host
