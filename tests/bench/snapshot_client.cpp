// A stream as the server itself saves and restores it, for comparison with `jetcapture restore --exact`:
//
//   snapshot_client save URL STREAM FILE      the server's snapshot into FILE, what the stream is into FILE.json
//   snapshot_client restore URL STREAM FILE   has the server restore the stream, which may not exist, from them
//
// The snapshot is sent as jetcapture sends its own archive: what differs is who made it, and that nothing is compared.
#include "restore/archive_upload.hpp"
#include "support/folder.hpp"
#include "support/server.hpp"

#include <nats/nats.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace jetcapture::test;
using nlohmann::json;

namespace {

void check(natsStatus status, const char *what) {
  if (status != NATS_OK)
    throw std::runtime_error(std::string(what) + ": " + natsStatus_GetText(status));
}

void save(const std::string &url, const std::string &stream, const std::string &file) {
  constexpr std::int64_t timeout = 60'000;
  Client client(url);
  natsConnection *connection = nullptr;
  check(natsConnection_ConnectTo(&connection, url.c_str()), "connecting");
  natsInbox *inbox = nullptr;
  check(natsInbox_Create(&inbox), "inbox");
  natsSubscription *chunks = nullptr;
  check(natsConnection_SubscribeSync(&chunks, connection, inbox), "subscribing");
  check(natsSubscription_SetPendingLimits(chunks, -1, -1), "limits");
  check(natsConnection_FlushTimeout(connection, timeout), "subscribing");
  const json told =
      client.api("STREAM.SNAPSHOT." + stream, {{"deliver_subject", std::string(inbox)}, {"no_consumers", true}});
  write_file(file + ".json", json({{"config", told.at("config")}, {"state", told.at("state")}}).dump());
  std::ofstream out(file, std::ios::binary);
  // The chunk that is empty is behind the last one.
  for (bool more = true; more;) {
    natsMsg *chunk = nullptr;
    check(natsSubscription_NextMsg(&chunk, chunks, timeout), "the snapshot");
    more = natsMsg_GetDataLength(chunk) > 0;
    out.write(natsMsg_GetData(chunk), natsMsg_GetDataLength(chunk));
    if (const char *reply = natsMsg_GetReply(chunk); reply != nullptr && *reply != '\0')
      check(natsConnection_Publish(connection, reply, "", 0), "confirming a chunk");
    natsMsg_Destroy(chunk);
  }
  natsInbox_Destroy(inbox);
  // First the connection: its reading thread may still use the subscription (host/nats/subscription.hpp).
  natsConnection_Destroy(connection);
  natsSubscription_Destroy(chunks);
}

void restore(const std::string &url, const std::string &stream, const std::string &file) {
  constexpr std::size_t chunk_bytes = 64u << 10;
  Client client(url);
  jetcapture::host::Log log(jetcapture::host::Level::warn, jetcapture::host::LogFormat::text);
  jetcapture::host::ConnectionSettings settings;
  settings.servers = {url};
  jetcapture::host::Connection connection(settings, "bench", log);
  const json answer = client.api("STREAM.RESTORE." + stream, json::parse(read_file(file + ".json")));
  jetcapture::host::ArchiveUpload upload(connection, "", answer.at("deliver_subject").get<std::string>());
  std::ifstream in(file, std::ios::binary);
  std::vector<char> chunk(chunk_bytes);
  while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || in.gcount() > 0)
    upload.send({chunk.data(), static_cast<std::size_t>(in.gcount())});
  upload.end();
}

} // namespace

int main(int argc, char **argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    const std::string &job = arguments.at(0);
    if (job != "save" && job != "restore")
      throw std::runtime_error("unknown job " + job);
    (job == "save" ? save : restore)(arguments.at(1), arguments.at(2), arguments.at(3));
  } catch (const std::exception &error) {
    std::fprintf(stderr, "snapshot_client: %s\n", error.what());
    return 1;
  }
  return 0;
}
