#include "tools/check_plugin/messages.hpp"

#include <algorithm>

namespace jetcapture::host {
namespace {

constexpr std::size_t longest_random = 4096;
constexpr std::int64_t some_time = 1'764'000'000'123'456'789;

// What formats are made of.
constexpr std::string_view formal("0123456789-+.eE\"'\\{}[],;:\n\t \0", 29);

// In one piece, so that one guarded block has them: subject, stream, consumer, and a header three times.
constexpr std::size_t slack = 256;

constexpr std::string_view texts = "ORDERScaptureTrace-IdaTrace-IdbEmpty";

Guarded placed(std::string_view bytes, bool at_guard) {
  if (at_guard)
    return Guarded(bytes);
  Guarded memory(bytes.size() + slack);
  std::copy(bytes.begin(), bytes.end(), memory.data());
  return memory;
}

} // namespace

CheckMessage::CheckMessage(std::string_view data, std::uint64_t sequence, bool at_guard)
    : CheckMessage(data, "orders.eu.created", sequence, at_guard, true) {}

CheckMessage CheckMessage::empty() {
  return {"", "", 1, true, false};
}

CheckMessage::CheckMessage(std::string_view data, std::string_view subject, std::uint64_t sequence, bool at_guard,
                           bool with_headers)
    : data_(placed(data, at_guard)), subject_(placed(subject, at_guard)), texts_(texts) {
  const char *at = texts_.data();
  const auto take = [&](std::uint64_t size) {
    const jetcapture_text text = {at, size};
    at += size;
    return text;
  };
  message_.size = sizeof message_;
  message_.subject = {subject.empty() ? nullptr : subject_.data(), subject.size()};
  message_.data = {data.empty() ? nullptr : data_.data(), data.size()};
  message_.stream = take(6);
  message_.consumer = take(7);
  if (with_headers) {
    const jetcapture_text first = take(8);
    const jetcapture_text a = take(1);
    const jetcapture_text second = take(8);
    const jetcapture_text b = take(1);
    headers_ = {{first, a}, {second, b}, {take(5), {nullptr, 0}}};
    message_.headers = headers_.data();
    message_.header_count = static_cast<std::uint32_t>(headers_.size());
  }
  message_.stream_sequence = sequence;
  message_.consumer_sequence = sequence;
  message_.deliveries = 1;
  message_.timestamp = some_time + static_cast<std::int64_t>(sequence);
}

std::string CheckMessage::content() const {
  std::string bytes(reinterpret_cast<const char *>(&message_), sizeof message_);
  bytes.append(reinterpret_cast<const char *>(headers_.data()), headers_.size() * sizeof(jetcapture_pair));
  for (const Guarded *part : {&data_, &subject_, &texts_})
    bytes.append(part->view());
  return bytes;
}

void CheckMessage::forbid() {
  data_.forbid();
  subject_.forbid();
  texts_.forbid();
}

std::vector<std::string> usual_data(const Subject &subject) {
  if (!subject.samples.empty())
    return subject.samples;
  return {R"({"id":1,"region":"eu","total":12.5,"paid":true,"note":null,"items":[{"sku":"a","count":2}]})",
          R"({"id":2,"region":"us","total":-3,"paid":false,"note":"caf\u00e9 \ud83c\udf55","items":[]})",
          "id,region,total\n1,eu,12.5\n",
          "eu00000042.50",
          "margherita;2;21.80",
          "plain text",
          "42"};
}

std::string random_data(std::mt19937_64 &random, const std::vector<std::string> &usual) {
  const auto below = [&](std::uint64_t bound) { return static_cast<std::size_t>(random() % bound); };
  if (below(3) == 0) {
    std::string bytes(1 + below(below(8) == 0 ? longest_random : 64), '\0');
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
    return bytes;
  }
  std::string text = usual[below(usual.size())].substr(0, longest_random);
  for (std::size_t changes = 1 + below(4); changes > 0 && !text.empty(); changes--) {
    const std::size_t at = below(text.size());
    switch (below(5)) {
    case 0:
      text[at] = static_cast<char>(random());
      break;
    case 1:
      text.erase(at, 1 + below(8));
      break;
    case 2:
      text.insert(at, text.substr(at, 1 + below(16)));
      break;
    case 3:
      text.insert(at, 1 + below(40), formal[below(formal.size())]);
      break;
    default:
      text.resize(at);
    }
  }
  text = text.substr(0, longest_random);
  return text.empty() ? "x" : text;
}

} // namespace jetcapture::host
