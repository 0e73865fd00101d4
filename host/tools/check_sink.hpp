// A sink that writes down the items it is given, looks whether they keep the rules, and can refuse one.
#pragma once

#include "jetcapture/decoder.h"
#include "plugins/emitted.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace jetcapture::host {

class CheckSink {
public:
  // payload: the agreed type. fail_at: the number of the item, from 1, that is refused with that status; 0: none.
  explicit CheckSink(const std::string &payload, std::uint64_t fail_at = 0,
                     jetcapture_status with = JETCAPTURE_BAD_DATA);
  CheckSink(const CheckSink &) = delete;
  CheckSink &operator=(const CheckSink &) = delete;

  const jetcapture_sink *c_sink() const { return &interface_.sink; }
  // Called with each item's payload, as a writer would be.
  std::function<jetcapture_status(const void *)> on_payload;
  // The message's own time, which an item may have whatever it is.
  std::int64_t message_time = JETCAPTURE_NO_TIME;

  std::uint64_t items() const { return items_; }
  std::uint64_t items_after_refusal() const { return items_after_refusal_; }
  // All items as text: the same items give the same text.
  const std::string &text() const { return text_; }
  // The first rule of the ABI that an item broke; empty: none.
  const std::string &broken_rule() const { return broken_rule_; }

private:
  static jetcapture_status emit(const jetcapture_sink *sink, const jetcapture_item *item);
  void write_down(const jetcapture_item *item);
  void write_down(const jetcapture_record &record);
  void write_down(const jetcapture_value &value);
  void rule(bool holds, const std::string &sentence);

  struct Interface {
    jetcapture_sink sink; // first: a pointer to it is a pointer to this
    CheckSink *owner;
  };
  Interface interface_;
  PayloadCheck check_;
  std::uint64_t fail_at_;
  jetcapture_status fail_with_;
  bool refused_ = false;
  std::uint64_t items_ = 0;
  std::uint64_t items_after_refusal_ = 0;
  std::string text_;
  std::string broken_rule_;
};

} // namespace jetcapture::host
