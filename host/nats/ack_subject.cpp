#include "nats/ack_subject.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace jetcapture::host {

namespace {

constexpr std::size_t domain_tokens = 11;
constexpr std::size_t most_tokens = 12;

template <class Integer>
bool parse(std::string_view token, Integer &value) {
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  return error == std::errc() && end == token.data() + token.size() && !token.empty();
}

} // namespace

std::optional<AckSubject> parse_ack_subject(std::string_view reply) {
  std::array<std::string_view, most_tokens> tokens;
  std::size_t count = 0;
  for (std::size_t start = 0; start <= reply.size();) {
    if (count == most_tokens)
      return std::nullopt;
    const std::size_t dot = std::min(reply.find('.', start), reply.size());
    tokens[count++] = reply.substr(start, dot - start);
    start = dot + 1;
  }
  if (count != plain_ack_tokens && count < domain_tokens)
    return std::nullopt;
  if (tokens[0] != "$JS" || tokens[1] != "ACK")
    return std::nullopt;
  const std::size_t at = count == plain_ack_tokens ? 2 : 4;
  AckSubject subject;
  subject.tokens = count;
  subject.stream = tokens[at];
  subject.consumer = tokens[at + 1];
  if (subject.stream.empty() || subject.consumer.empty())
    return std::nullopt;
  subject.prefix =
      reply.substr(0, static_cast<std::size_t>(subject.consumer.data() - reply.data()) + subject.consumer.size());
  if (!parse(tokens[at + 2], subject.deliveries) || !parse(tokens[at + 3], subject.stream_sequence) ||
      !parse(tokens[at + 4], subject.consumer_sequence) || !parse(tokens[at + 5], subject.timestamp) ||
      !parse(tokens[at + 6], subject.pending))
    return std::nullopt;
  return subject;
}

std::optional<AckSubject> AckSubjectReader::read(std::string_view reply) {
  if (!before_.empty() && tokens_ < most_tokens && reply.starts_with(before_)) {
    AckSubject subject;
    subject.tokens = tokens_;
    subject.prefix = reply.substr(0, before_.size() - 1);
    subject.stream = subject.prefix.substr(stream_at_, consumer_at_ - 1 - stream_at_);
    subject.consumer = subject.prefix.substr(consumer_at_);
    const char *at = reply.data() + before_.size();
    const char *const end = reply.data() + reply.size();
    const auto number = [&](auto &value) {
      const auto [after, error] = std::from_chars(at, end, value);
      at = after;
      return error == std::errc();
    };
    const auto dot = [&] { return at != end && *at++ == '.'; };
    if (number(subject.deliveries) && dot() && number(subject.stream_sequence) && dot() &&
        number(subject.consumer_sequence) && dot() && number(subject.timestamp) && dot() && number(subject.pending) &&
        at == end)
      return subject;
  }
  const auto subject = parse_ack_subject(reply);
  if (subject) {
    before_ = std::string(subject->prefix) + '.';
    stream_at_ = static_cast<std::size_t>(subject->stream.data() - reply.data());
    consumer_at_ = static_cast<std::size_t>(subject->consumer.data() - reply.data());
    tokens_ = subject->tokens;
  }
  return subject;
}

std::string plain_ack_prefix(std::string_view stream, std::string_view consumer) {
  return "$JS.ACK." + std::string(stream) + "." + std::string(consumer);
}

AckSubjectWriter::AckSubjectWriter(std::string_view prefix, std::size_t tokens) : buffer_(prefix), suffix_(".0.0") {
  buffer_ += ".0.";
  prefix_size_ = buffer_.size();
  if (tokens == most_tokens)
    suffix_ += ".0";
}

const char *AckSubjectWriter::subject(std::uint64_t stream_sequence, std::uint64_t consumer_sequence) {
  const auto append = [this](std::uint64_t number) {
    char digits[20];
    buffer_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  };
  buffer_.resize(prefix_size_);
  append(stream_sequence);
  buffer_ += '.';
  append(consumer_sequence);
  buffer_ += suffix_;
  return buffer_.c_str();
}

} // namespace jetcapture::host
