// Where the values of one message are that are not in the message itself: children of lists and structs, and texts.
#pragma once

#include "text/scratch.hpp"

#include <jetcapture/payload.h>

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

namespace jetcapture::protobuf {

// What it has given stays until clear(). It keeps its memory for the next message, where that is not much.
class ValueArena {
public:
  // Nulls; nullptr where count is 0.
  jetcapture_value *values(std::size_t count) {
    if (count == 0)
      return nullptr;
    if (lists_ == values_.size())
      values_.emplace_back();
    std::vector<jetcapture_value> &list = values_[lists_++];
    list.assign(count, jetcapture_null());
    held_ += count;
    return list.data();
  }
  // An empty text to write to.
  plugins::Scratch &text() {
    if (used_texts_ == texts_.size())
      texts_.emplace_back();
    plugins::Scratch &text = texts_[used_texts_++];
    text.clear();
    return text;
  }
  // For Reflection::GetStringReference, which needs it for what is not kept as a std::string.
  std::string &spare() { return spare_; }

  void clear() {
    constexpr std::size_t much = 10'000;
    if (held_ + used_texts_ > much) {
      values_.clear();
      texts_.clear();
    }
    lists_ = used_texts_ = held_ = 0;
  }

private:
  std::deque<std::vector<jetcapture_value>> values_;
  std::deque<plugins::Scratch> texts_;
  std::string spare_;
  std::size_t lists_ = 0; // in use, of values_
  std::size_t used_texts_ = 0;
  std::size_t held_ = 0; // values in them
};

} // namespace jetcapture::protobuf
