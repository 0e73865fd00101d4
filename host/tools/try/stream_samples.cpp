#include "tools/try/samples.hpp"

#include "nats/connection.hpp"
#include "nats/headers.hpp"
#include "nats/jetstream.hpp"
#include "nats/server_time.hpp"
#include "settings/error.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <string_view>

namespace jetcapture::host {
namespace {

// A stream may have gaps where messages were deleted: this many sequences are looked at for each message that is
// wanted.
constexpr std::uint64_t lookups_a_message = 20;

std::string from_base64(const std::string &text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char *>(bytes.data()),
                                   reinterpret_cast<const unsigned char *>(text.data()), static_cast<int>(text.size()));
  const auto padding =
      static_cast<std::size_t>(std::count(text.end() - std::min<std::ptrdiff_t>(2, std::ssize(text)), text.end(), '='));
  bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size) - padding);
  return bytes;
}

Sample sample_of(const nlohmann::json &message) {
  Sample sample;
  sample.subject = message.value("subject", "");
  sample.sequence = message.value("seq", std::uint64_t{0});
  sample.timestamp = nanoseconds_of(message.value("time", ""));
  sample.data = from_base64(message.value("data", ""));
  const std::string wire = from_base64(message.value("hdrs", ""));
  std::string block = wire;
  std::vector<jetcapture_pair> headers;
  if (parse_headers(block, headers)) {
    for (const jetcapture_pair &header : headers)
      sample.headers.emplace_back(std::string(header.name.data, header.name.size),
                                  std::string(header.value.data, header.value.size));
    if (!pairs_tell(block, headers))
      sample.header_block = wire;
  }
  return sample;
}

class FromStream : public Samples {
public:
  explicit FromStream(std::deque<Sample> samples) : samples_(std::move(samples)) {}
  bool next(Sample &sample) override {
    if (samples_.empty())
      return false;
    sample = std::move(samples_.front());
    samples_.pop_front();
    return true;
  }

private:
  std::deque<Sample> samples_;
};

} // namespace

std::unique_ptr<Samples> samples_from_stream(const Settings &settings, std::uint64_t count, Log &log) {
  const ConnectionSettings where = with_context(settings.connection);
  Connection connection(where, "try", log);
  JetStream jetstream(connection, where);
  std::deque<Sample> samples;
  try {
    const nlohmann::json info = jetstream.ask("STREAM.INFO." + settings.stream, "");
    const nlohmann::json state = info.value("state", nlohmann::json::object());
    const auto first = state.value("first_seq", std::uint64_t{1});
    const auto last = state.value("last_seq", std::uint64_t{0});
    std::uint64_t lookups = count * lookups_a_message;
    for (std::uint64_t sequence = last; sequence >= first && sequence > 0; sequence--) {
      if (samples.size() == count || lookups-- == 0)
        break;
      try {
        const nlohmann::json answer =
            jetstream.ask("STREAM.MSG.GET." + settings.stream, nlohmann::json({{"seq", sequence}}).dump());
        samples.push_front(sample_of(answer.value("message", nlohmann::json::object())));
      } catch (const ApiError &error) {
        if (error.code != 404)
          throw;
      }
    }
  } catch (const ApiError &error) {
    throw StartupError("the stream " + settings.stream + " can't be read: " + error.what());
  } catch (const NoAnswer &error) {
    throw StartupError(error.what());
  }
  return std::make_unique<FromStream>(std::move(samples));
}

} // namespace jetcapture::host
