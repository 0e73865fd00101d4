// The keys of columns as they stand in JSON: worked out once for a schema, then only copied.
#pragma once

#include "jetcapture/payload.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace jetcapture::plugins {

// A column NAME has the key "NAME"; its bytes have "NAME_base64". A key that an earlier column has taken gets _2, _3
// and so on behind it: readers of JSON keep one value of a repeated key and lose the others.
class JsonKeys {
public:
  struct Key {
    std::string plain; // with quotes and colon: "name":
    std::string base64;
    const std::string *null;                  // the one of the two that a null has
    std::int32_t kind;                        // of the column
    std::unique_ptr<const JsonKeys> children; // of a list (one) or a struct
  };

  // Throws BadData: a name is not UTF-8, or the columns are no tree as payload.h has it.
  explicit JsonKeys(const jetcapture_schema &schema);
  JsonKeys(const JsonKeys &) = delete;
  JsonKeys &operator=(const JsonKeys &) = delete;

  const std::vector<Key> &keys() const { return keys_; }

private:
  JsonKeys(const jetcapture_column &column, unsigned depth);
  void add(const jetcapture_column *const *columns, std::uint32_t count, unsigned depth);

  std::vector<Key> keys_;
};

} // namespace jetcapture::plugins
