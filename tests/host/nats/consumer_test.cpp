#include "nats/consumer.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;

namespace {

constexpr std::int64_t created = 1'767'225'600'000'000'000;
constexpr std::int64_t millisecond = 1'000'000;

ConsumerFacts consumer(std::int64_t created_at, std::uint64_t delivered) {
  ConsumerFacts facts;
  facts.consumer_created = created_at;
  facts.delivered_sequence = delivered;
  return facts;
}

} // namespace

TEST_CASE("a consumer that was recreated at once is another one, and one that goes on is the same") {
  const KnownConsumer earlier = {created, 1000};
  // Whatever it has delivered: a server may have lost that.
  CHECK(surely_same_consumer(earlier, consumer(created, 0)));
  // A restart of the server or an edit moved the time.
  CHECK(surely_same_consumer(earlier, consumer(created + millisecond, 1000)));
  CHECK(surely_same_consumer(earlier, consumer(created + 1'000'000 * millisecond, 1500)));
  CHECK_FALSE(surely_same_consumer(earlier, consumer(created + 100 * millisecond, 0)));
  CHECK_FALSE(surely_same_consumer(earlier, consumer(created + millisecond, 999)));
  CHECK_FALSE(surely_same_consumer({created, 0}, consumer(created + millisecond, 500)));
}
