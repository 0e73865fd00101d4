#include "ledger/sequence_planes.hpp"

#include "ledger/manifest_values.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace jetcapture::host {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t base = 64;
constexpr std::uint64_t long_step = base - 1;  // as a digit: the step stands in "long_steps"
constexpr std::uint32_t rare_block = base - 1; // as a digit: further digits say which one of those from here on

constexpr std::array<std::uint8_t, 256> values_of_digits() {
  std::array<std::uint8_t, 256> values{};
  values.fill(base);
  for (std::size_t i = 0; i < digits.size(); i++)
    values[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
  return values;
}
constexpr std::array<std::uint8_t, 256> digit_values = values_of_digits();

std::uint32_t value_of(char digit) {
  const std::uint32_t value = digit_values[static_cast<unsigned char>(digit)];
  if (value == base)
    throw ManifestError("its sequences have a character that is no digit");
  return value;
}

// The messages of some lines in the order of their sequences, each with the number of its line.
class InOrder {
public:
  explicit InOrder(std::span<const BlockLine> lines) {
    std::size_t count = 0;
    std::uint64_t first = UINT64_MAX;
    std::uint64_t last = 0;
    for (const BlockLine &line : lines) {
      count += line.own.size();
      for (const std::uint64_t sequence : line.own) {
        first = std::min(first, sequence);
        last = std::max(last, sequence);
      }
    }
    if (count > 0 && !place_dense(lines, count, first, last))
      sort(lines, count);
  }

  // Calls visit(sequence, line) for so many messages from that place on, or for what there is. Returns the place behind
  // them; the first place is 0.
  template <class Visit>
  std::size_t each(std::size_t place, std::size_t count, Visit visit) const {
    for (; place < sorted_.size() && count > 0; place++, count--)
      visit(sorted_[place].sequence, sorted_[place].line);
    for (; place < line_of_.size() && count > 0; place++) {
      if (line_of_[place] == none)
        continue;
      visit(first_ + place, line_of_[place]);
      count--;
    }
    return place;
  }
  std::size_t end() const { return std::max(sorted_.size(), line_of_.size()); }

private:
  static constexpr std::uint32_t none = UINT32_MAX;
  struct Placed {
    std::uint64_t sequence;
    std::uint32_t line;
    auto operator<=>(const Placed &) const = default;
  };

  // Most sequences from first to last, each in one line at most: without sorting, and in a quarter of the memory where
  // none is left out. False: they are not so.
  bool place_dense(std::span<const BlockLine> lines, std::size_t count, std::uint64_t first, std::uint64_t last) {
    if (last - first >= 4 * count)
      return false;
    first_ = first;
    line_of_.assign(last - first + 1, none);
    for (std::size_t i = 0; i < lines.size(); i++)
      for (const std::uint64_t sequence : lines[i].own)
        if (std::exchange(line_of_[sequence - first], static_cast<std::uint32_t>(i)) != none) {
          line_of_.clear();
          return false;
        }
    return true;
  }

  void sort(std::span<const BlockLine> lines, std::size_t count) {
    sorted_.reserve(count);
    for (std::size_t i = 0; i < lines.size(); i++)
      for (const std::uint64_t sequence : lines[i].own)
        sorted_.push_back({sequence, static_cast<std::uint32_t>(i)});
    std::sort(sorted_.begin(), sorted_.end());
  }

  std::vector<Placed> sorted_;         // or:
  std::uint64_t first_ = 0;            // of line_of_
  std::vector<std::uint32_t> line_of_; // of each sequence from there on; none: it is in no line
};

// Some messages of them that stand in one line of the manifest.
struct Part {
  const InOrder &all;
  std::size_t place;
  std::size_t messages = 0;
  std::uint64_t first = 0;
  bool is_consecutive = true;
  std::vector<std::size_t> counts = {}; // by number of the block line
  std::size_t behind = 0;               // place of the next part

  Part(const InOrder &from, std::size_t begin, std::size_t lines) : all(from), place(begin), counts(lines) {
    std::uint64_t before = 0;
    behind = all.each(place, messages_a_line, [&](std::uint64_t sequence, std::uint32_t line) {
      if (messages++ == 0)
        first = sequence;
      else
        is_consecutive = is_consecutive && sequence - before == 1;
      before = sequence;
      counts[line]++;
    });
  }
  template <class Visit>
  void each(Visit visit) const {
    all.each(place, messages, visit);
  }
};

// The block lines that the messages are in: the most frequent first, so that small numbers are frequent.
std::vector<std::uint32_t> by_frequency(const std::vector<std::size_t> &counts) {
  std::vector<std::uint32_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return counts[a] > counts[b]; });
  while (!order.empty() && counts[order.back()] == 0)
    order.pop_back();
  return order;
}

// How many planes beside the first one.
std::size_t further_planes_for(std::size_t blocks) {
  if (blocks <= rare_block)
    return 0;
  std::size_t planes = 1;
  for (std::uint64_t room = base; room < blocks - rare_block; room *= base)
    planes++;
  return planes;
}

// Written by hand: the digits need no escape, and a JSON library would look at each.
void append_planes(const Part &part, std::span<const std::uint32_t> ranks, std::size_t blocks, std::string &text) {
  std::vector<std::uint32_t> rare;
  text += R"("planes":[")";
  part.each([&](std::uint64_t, std::uint32_t line) {
    const std::uint32_t rank = ranks[line];
    text += digits[std::min(rank, rare_block)];
    if (rank >= rare_block)
      rare.push_back(rank - rare_block);
  });
  text += '"';
  for (std::size_t plane = further_planes_for(blocks); plane > 0; plane--) {
    text += R"(,")";
    for (std::uint32_t &rest : rare) {
      text += digits[rest % base];
      rest /= base;
    }
    text += '"';
  }
  text += ']';
}

void append_steps(const Part &part, std::string &text) {
  std::vector<std::uint64_t> long_steps;
  text += R"(,"steps":")";
  std::uint64_t before = part.first;
  part.each([&](std::uint64_t sequence, std::uint32_t) {
    const std::uint64_t step = sequence - before;
    before = sequence;
    text += digits[std::min(step, long_step)];
    if (step >= long_step)
      long_steps.push_back(step);
  });
  text += '"';
  if (!long_steps.empty())
    text += R"(,"long_steps":)" + nlohmann::json(long_steps).dump();
}

void append_line(const Part &part, std::string &text) {
  const std::vector<std::uint32_t> blocks = by_frequency(part.counts);
  std::vector<std::uint32_t> ranks(part.counts.size());
  for (std::size_t i = 0; i < blocks.size(); i++)
    ranks[blocks[i]] = static_cast<std::uint32_t>(i);
  text += R"({"type":"sequences","first":)" + std::to_string(part.first) + R"(,"messages":)" +
          std::to_string(part.messages) + R"(,"blocks":)" + nlohmann::json(blocks).dump() + ',';
  append_planes(part, ranks, blocks.size(), text);
  if (!part.is_consecutive)
    append_steps(part, text);
  text += "}\n";
}

// The sequences of a line, in its order.
class Steps {
public:
  Steps(const nlohmann::json &line, std::size_t messages) : sequence_(unsigned_in(line, "first")) {
    if (line.contains("steps")) {
      steps_ = &text_in(line, "steps");
      if (steps_->size() != messages)
        throw ManifestError("its sequences have more or fewer steps than messages");
    }
    if (line.contains("long_steps"))
      long_steps_ = unsigned_list_in(line, "long_steps");
  }

  std::uint64_t sequence_at(std::size_t message) {
    const std::uint64_t step = steps_ == nullptr ? (message == 0 ? 0 : 1) : step_at(message);
    if (__builtin_add_overflow(sequence_, step, &sequence_))
      throw ManifestError("its sequences are larger than a sequence can be");
    return sequence_;
  }
  bool has_more() const { return long_ != long_steps_.size(); }

private:
  std::uint64_t step_at(std::size_t message) {
    const std::uint64_t step = value_of((*steps_)[message]);
    if (step < long_step)
      return step;
    if (long_ == long_steps_.size())
      throw ManifestError("its sequences have fewer long steps than they name");
    return long_steps_[long_++];
  }

  std::uint64_t sequence_;
  const std::string *steps_ = nullptr;
  std::vector<std::uint64_t> long_steps_;
  std::size_t long_ = 0;
};

// The numbers of the blocks, in the order of the messages.
class Ranks {
public:
  Ranks(const nlohmann::json &line, std::size_t messages, std::size_t blocks) {
    for (const nlohmann::json &plane : list_in(line, "planes")) {
      if (!plane.is_string())
        throw ManifestError("its sequences have a plane that is no text");
      planes_.push_back(plane.get_ref<const std::string &>());
    }
    if (planes_.size() != 1 + further_planes_for(blocks))
      throw ManifestError("its sequences have more or fewer planes than their blocks need");
    const auto rare = static_cast<std::size_t>(std::count(planes_[0].begin(), planes_[0].end(), digits[rare_block]));
    for (std::size_t plane = 0; plane < planes_.size(); plane++)
      if (planes_[plane].size() != (plane == 0 ? messages : rare))
        throw ManifestError("its sequences have a plane with more or fewer digits than messages");
  }

  std::uint64_t rank_at(std::size_t message) {
    std::uint64_t rank = value_of(planes_[0][message]);
    if (rank < rare_block)
      return rank;
    std::uint64_t unit = 1;
    for (std::size_t plane = 1; plane < planes_.size(); plane++, unit *= base)
      rank += value_of(planes_[plane][rare_]) * unit;
    rare_++;
    return rank;
  }

private:
  std::vector<std::string_view> planes_;
  std::size_t rare_ = 0;
};

} // namespace

void append_sequences(std::span<const BlockLine> lines, std::string &text) {
  const InOrder all(lines);
  for (std::size_t place = 0; place < all.end();) {
    const Part part(all, place, lines.size());
    append_line(part, text);
    place = part.behind;
  }
}

void read_sequences(const nlohmann::json &line, std::span<BlockLine> lines) {
  const std::uint64_t messages = unsigned_in(line, "messages");
  const std::vector<std::uint64_t> blocks = unsigned_list_in(line, "blocks");
  for (const std::uint64_t block : blocks)
    if (block >= lines.size())
      throw ManifestError("its sequences name a block that it does not have");
  Ranks ranks(line, messages, blocks.size());
  Steps steps(line, messages);
  for (std::size_t message = 0; message < messages; message++) {
    const std::uint64_t rank = ranks.rank_at(message);
    if (rank >= blocks.size())
      throw ManifestError("its sequences name a block that it does not have");
    lines[blocks[rank]].own.push_back(steps.sequence_at(message));
  }
  if (steps.has_more())
    throw ManifestError("its sequences have more long steps than they name");
}

} // namespace jetcapture::host
