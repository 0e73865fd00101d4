// Columns that are lists and structs, and their values, with all the memory that they point to.
#pragma once

#include "plugins/writers/support/payloads.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace jetcapture::test {

// Tree("lines", JETCAPTURE_LIST, {Tree("item", JETCAPTURE_STRUCT, {Tree("sku", JETCAPTURE_TEXT)})})
struct Tree {
  Tree(std::string its_name, std::int32_t its_kind, std::vector<Tree> below = {})
      : name(std::move(its_name)), kind(its_kind), children(std::move(below)) {}
  std::string name;
  std::int32_t kind;
  std::vector<Tree> children;
};

class TreeSchema {
public:
  explicit TreeSchema(const std::vector<Tree> &columns, std::uint64_t revision = 1) {
    const auto &pointers = all(columns);
    schema = {sizeof schema, static_cast<std::uint32_t>(columns.size()), revision, pointers.data()};
  }
  TreeSchema(const TreeSchema &) = delete;
  TreeSchema &operator=(const TreeSchema &) = delete;

  jetcapture_schema schema{};

private:
  const std::vector<const jetcapture_column *> &all(const std::vector<Tree> &columns) {
    std::vector<const jetcapture_column *> pointers;
    for (const Tree &one : columns) {
      const std::string &name = names_.emplace_back(one.name);
      const auto &below = all(one.children);
      pointers.push_back(&columns_.emplace_back(jetcapture_column{sizeof(jetcapture_column), one.kind, text(name),
                                                                  one.children.empty() ? nullptr : below.data(),
                                                                  static_cast<std::uint32_t>(one.children.size()), 0}));
    }
    return pointers_.emplace_back(std::move(pointers));
  }
  std::deque<std::string> names_;
  std::deque<jetcapture_column> columns_;
  std::deque<std::vector<const jetcapture_column *>> pointers_;
};

// A row of such a schema: lists and structs keep their children here.
class TreeRow {
public:
  explicit TreeRow(const TreeSchema &schema) : schema_(schema) {}
  jetcapture_value list(std::vector<jetcapture_value> values) { return children(JETCAPTURE_LIST, std::move(values)); }
  jetcapture_value structure(std::vector<jetcapture_value> values) {
    return children(JETCAPTURE_STRUCT, std::move(values));
  }
  const void *of(std::vector<jetcapture_value> values) {
    values_ = std::move(values);
    record_ = {sizeof record_, static_cast<std::uint32_t>(values_.size()), &schema_.schema, values_.data(), nullptr};
    return &record_;
  }

private:
  jetcapture_value children(std::int32_t kind, std::vector<jetcapture_value> values) {
    const auto &kept = kept_.emplace_back(std::move(values));
    return jetcapture_children(kind, kept.data(), kept.size());
  }
  const TreeSchema &schema_;
  std::deque<std::vector<jetcapture_value>> kept_;
  std::vector<jetcapture_value> values_;
  jetcapture_record record_{};
};

} // namespace jetcapture::test
