// The keys of a schema's columns, as they stand in a line: worked out once, then only copied.
#pragma once

#include "jetcapture/payload.h"

#include <string>
#include <vector>

namespace jetcapture::plugins {

// A column NAME has the key "NAME"; its bytes have "NAME_base64". A key that an earlier column has taken gets _2, _3
// and so on behind
// it: readers of JSON keep one value of a repeated key and lose the others.
class RecordKeys {
public:
  struct Key {
    std::string plain; // with quotes and colon: "name":
    std::string base64;
    const std::string *null; // the one of the two that a null has
  };

  // Throws BadData when a name is not UTF-8.
  explicit RecordKeys(const jetcapture_schema &schema);
  RecordKeys(const RecordKeys &) = delete;
  RecordKeys &operator=(const RecordKeys &) = delete;

  const std::vector<Key> &keys() const { return keys_; }

private:
  std::vector<Key> keys_;
};

} // namespace jetcapture::plugins
