// What a decoder emits, checked against the ABI before the host or a writer of somebody else reads it.
//
// Looks at what would lead a reader astray: sizes, pointers, counts and kinds. What takes a look at every byte (whether
// a text is UTF-8, or JSON) is the decoder's duty, and `check-plugin` looks. Allocates nothing.
#pragma once

#include "jetcapture/decoder.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace jetcapture::host {

// What is wrong with it: the end of "the decoder emitted …"; nullptr: nothing. A key above the limits keeps these
// rules: see key_is_too_large().
const char *breach_of(jetcapture_text text);
const char *breach_of(const jetcapture_item *item);
const char *breach_of(const jetcapture_message &message);

// Of an item without a breach.
bool key_is_too_large(const jetcapture_item &item);

// Checks the payloads of one decoder; one thread at a time.
class PayloadCheck {
public:
  // payload: the agreed type. Of a type that is not the SDK's only the pointer is looked at.
  explicit PayloadCheck(std::string_view payload)
      : records_(payload == JETCAPTURE_PAYLOAD_RECORD), messages_(payload == JETCAPTURE_PAYLOAD_MESSAGE) {}

  bool records() const { return records_; }

  // As breach_of(). given: the message that the decoder was called with, which is not looked at.
  const char *breach(const void *payload, const jetcapture_message *given);

private:
  const char *breach_of_record(const jetcapture_record &record, const jetcapture_message *given);
  const char *breach_of_schema(const jetcapture_schema &schema);

  const bool records_;
  const bool messages_;
  // Revisions whose columns were looked at, each in the place of its last digits.
  std::array<std::uint64_t, 64> known_{};
};

} // namespace jetcapture::host
