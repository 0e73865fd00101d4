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

// Whether the chain has grown. A store that does not answer tells nothing.
bool Standby::look() {
  try {
    const bool grew = with_.chain.look();
    if (std::exchange(store_failing_, false))
      with_.log.info("the store can be asked for the manifests again", {});
    return grew;
  } catch (const StoreFailure &failure) {
    if (!std::exchange(store_failing_, true))
      with_.log.warn("the store can't be asked for the manifests; it is asked again", {{"reason", failure.what()}});
    return true;
  }
}

void Standby::wait_for_turn() {
  do {
    look();
    if (store_failing_)
      with_.wait(between_looks);
  } while (store_failing_);
  if (is_free())
    return;
  with_.log.info("another host owns this capture: standing by until it shows no sign of life",
                 {{"owner", with_.chain.last().run}, {"takeover_after", takeover_after_}});
  auto last_sign = with_.now();
  while (true) {
    for (int i = 0; i < waits_a_look; i++) {
      with_.wait(std::min<std::chrono::nanoseconds>(between_looks, takeover_after_ / 4) / waits_a_look);
      if (with_.heard(with_.chain.last().run))
        last_sign = with_.now();
    }
    if (look())
      last_sign = with_.now();
    if (is_free()) {
      with_.log.info("the owner of this capture has ended: taking over", {{"owner", with_.chain.last().run}});
      return;
    }
    if (with_.now() - last_sign >= takeover_after_) {
      with_.log.warn("the owner of this capture shows no sign of life: taking over",
                     {{"owner", with_.chain.last().run}, {"for", with_.now() - last_sign}});
      return;
    }
  }
}

} // namespace jetcapture::host
