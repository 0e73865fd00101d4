// The archive compared with that which a server makes of the same stream ($JS.API.STREAM.SNAPSHOT).
#include "host/restore/archive_reader.hpp"
#include "host/restore/memory_source.hpp"
#include "log/time_text.hpp"
#include "restore/record_hash.hpp"
#include "restore/snapshot_archive.hpp"
#include "support/server.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <stdexcept>

using namespace jetcapture::host;
using namespace jetcapture::test;
using nlohmann::json;

namespace {

// The files of the archive that the server makes of the stream.
std::map<std::string, std::string> snapshot(const Server &server, Client &client, const std::string &stream) {
  natsConnection *connection = nullptr;
  natsSubscription *chunks = nullptr;
  if (natsConnection_ConnectTo(&connection, server.url().c_str()) != NATS_OK ||
      natsConnection_SubscribeSync(&chunks, connection, "chunks") != NATS_OK ||
      natsConnection_Flush(connection) != NATS_OK)
    throw std::runtime_error("can't subscribe");
  client.api("STREAM.SNAPSHOT." + stream, {{"deliver_subject", "chunks"}, {"no_consumers", true}});
  std::string packed;
  constexpr int most_chunks = 1000;
  for (int i = 0; i < most_chunks; i++) {
    natsMsg *chunk = nullptr;
    if (natsSubscription_NextMsg(&chunk, chunks, 10'000) != NATS_OK)
      break;
    const std::string_view data(natsMsg_GetData(chunk), static_cast<std::size_t>(natsMsg_GetDataLength(chunk)));
    packed += data;
    if (natsMsg_GetReply(chunk) != nullptr)
      natsConnection_PublishString(connection, natsMsg_GetReply(chunk), "");
    const bool last = data.empty();
    natsMsg_Destroy(chunk);
    if (last)
      break;
  }
  natsSubscription_Destroy(chunks);
  natsConnection_Destroy(connection);
  return files_of_tar(unpack_frames(packed));
}

} // namespace

TEST_CASE("the archive has byte for byte the blocks and the hash that a server writes of the same stream") {
  Server server;
  Client client(server.url());
  client.make_stream("ORDERS", {"orders.>"});
  client.publish_exactly("orders.eu", "NATS/1.0\r\nB: 2\r\na: 1\r\nB:3\r\n\r\n", "with headers");
  client.publish_exactly("orders.us", "NATS/1.0\r\nA: 1\r\n\r\n", "");
  client.publish(20, [](std::size_t number) {
    return Message{"orders." + std::to_string(number), std::string(number * 100, 'x')};
  });
  const auto theirs = snapshot(server, client, "ORDERS");
  REQUIRE(theirs.count("msgs/1.blk") == 1);

  const std::vector<Record> records = records_of(theirs.at("msgs/1.blk"));
  REQUIRE(records.size() == 22);
  std::string packed;
  SnapshotArchive archive("ORDERS", theirs.at("meta.inf"), SnapshotArchive::Erased::left_out,
                          [&](std::string_view frame) { packed += frame; });
  for (const Record &record : records) {
    // What the server says of the message, and not its file.
    const json message = client.api("STREAM.MSG.GET.ORDERS", {{"seq", record.sequence}}).at("message");
    CHECK(message.at("subject") == record.subject);
    archive.add({record.sequence, *time_of_text(message.at("time").get<std::string>()), record.subject, record.headers,
                 record.data});
  }
  archive.finish(0);
  const auto ours = files_of_tar(unpack_frames(packed));
  CHECK((ours.at("msgs/1.blk") == theirs.at("msgs/1.blk")));
  CHECK(ours.at("meta.sum") == theirs.at("meta.sum"));
}
