// What a writer works out once for a schema, shared by all blocks: many open blocks shall not hold it many times.
//
// Any thread. Keeps the latest few; a block holds on to the one that it uses.
#pragma once

#include "jetcapture/payload.h"

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace jetcapture::plugins {

// Which schema it is: its revision alone (payload.h), wherever it stands.
struct SchemaIdentity {
  std::uint64_t revision = 0; // 0: none

  SchemaIdentity() = default;
  explicit SchemaIdentity(const jetcapture_schema &schema) : revision(schema.revision) {}
  bool operator==(const SchemaIdentity &) const = default;
};

template <class Layout>
class SchemaLayouts {
public:
  // Where it is not known yet, it is made from the schema and the other arguments, which are the same at each call.
  template <class... Arguments>
  std::shared_ptr<const Layout> of(const jetcapture_schema &schema, const Arguments &...arguments) {
    const SchemaIdentity identity(schema);
    const std::lock_guard lock(mutex_);
    for (const Entry &entry : entries_)
      if (entry.layout != nullptr && entry.identity == identity)
        return entry.layout;
    Entry &oldest = entries_[next_];
    oldest = {identity, std::make_shared<const Layout>(schema, arguments...)};
    next_ = (next_ + 1) % entries_.size();
    return oldest.layout;
  }

private:
  struct Entry {
    SchemaIdentity identity;
    std::shared_ptr<const Layout> layout;
  };
  std::mutex mutex_;
  std::array<Entry, 32> entries_;
  std::size_t next_ = 0;
};

} // namespace jetcapture::plugins
