// The columns of records with the schema of the moment: fixed from the start, or found as messages come.
#pragma once

#include "common/revision.hpp"

#include <jetcapture/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace jetcapture::common {

// Schemas that were given out stay valid as long as this lives.
class Columns {
public:
  std::size_t size() const { return columns_.size(); }

  // Adds a column; the schema of the moment is another one from here on.
  std::size_t add(std::string name, std::int32_t kind) {
    const std::string &kept = names_.emplace_back(std::move(name));
    columns_.push_back({sizeof(jetcapture_column), kind, text(kept), nullptr, 0, 0});
    by_name_.emplace(kept, columns_.size() - 1);
    return columns_.size() - 1;
  }

  // One whose values are lists or structs, perhaps: what is below it outlives this.
  std::size_t add(std::string name, const jetcapture_column &like) {
    const std::size_t place = add(std::move(name), like.kind);
    columns_[place].children = like.children;
    columns_[place].child_count = like.child_count;
    return place;
  }

  // The column of that name; expected is tried first.
  std::optional<std::size_t> find(std::string_view name, std::size_t expected) const {
    if (expected < names_.size() && names_[expected] == name)
      return expected;
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? std::nullopt : std::optional(found->second);
  }

  const jetcapture_schema *schema() {
    if (snapshots_.empty() || snapshots_.back().pointers.size() != columns_.size()) {
      Snapshot &snapshot = snapshots_.emplace_back();
      for (const jetcapture_column &column : columns_)
        snapshot.pointers.push_back(&column);
      snapshot.schema = {sizeof(jetcapture_schema), static_cast<std::uint32_t>(columns_.size()), next_revision(),
                         snapshot.pointers.data()};
    }
    return &snapshots_.back().schema;
  }

private:
  struct Snapshot {
    std::vector<const jetcapture_column *> pointers;
    jetcapture_schema schema;
  };
  std::deque<std::string> names_;
  std::deque<jetcapture_column> columns_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
  std::deque<Snapshot> snapshots_;
};

} // namespace jetcapture::common
