#include "notify/notification.hpp"

#include "ledger/manifest.hpp"
#include "ledger/manifest_values.hpp"
#include "log/time_text.hpp"

#include <string_view>

namespace jetcapture::host {

namespace {

using Json = nlohmann::ordered_json;

Json beginning(const char *type, const std::string &id, const NotificationNames &names) {
  return {{"type", type},      {"version", 1}, {"id", id}, {"stream", names.stream}, {"consumer", names.consumer},
          {"host", names.host}};
}

void put_interval(Json &json, std::int64_t start, const NotificationNames &names) {
  json["interval_start"] = time_text(start);
  json["interval_end"] = time_text(start + names.interval.count());
}

std::string text_of(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Of a block, or of the line that lists it.
template <class Block>
Notification told(const Block &block, std::uint64_t bytes, const Sha256 &sha256, std::string_view reason,
                  const NotificationNames &names) {
  Json json = beginning("block", block.name, names);
  json["store"] = names.store;
  json["name"] = block.name;
  put_key(block.place.key, json);
  put_interval(json, block.place.interval_start, names);
  json["rows"] = block.payloads;
  json["messages"] = block.messages();
  json["bytes"] = bytes;
  json["sha256"] = text_of_hash(sha256);
  json["first_sequence"] = block.first_sequence;
  json["last_sequence"] = block.last_sequence;
  json["first_time"] = time_text(block.first_timestamp);
  json["last_time"] = time_text(block.last_timestamp);
  json["reason"] = reason;
  json["quarantine"] = block.place.quarantine;
  return {block.name, text_of(json)};
}

} // namespace

Notification notification_of(const SealedBlock &block, const NotificationNames &names) {
  return told(block, block.body->size(), block.body->sha256(), to_string(block.reason), names);
}

Notification notification_of(const BlockLine &line, const NotificationNames &names) {
  return told(line, line.bytes, line.sha256, line.reason, names);
}

Notification notification_of(std::int64_t interval_start, const IntervalTotals &totals,
                             const NotificationNames &names) {
  const std::string id = "interval:" + totals.last_object;
  Json json = beginning("interval", id, names);
  put_interval(json, interval_start, names);
  if (!names.with_totals)
    return {id, text_of(json)};
  json["update"] = totals.told;
  json["blocks"] = totals.blocks;
  json["rows"] = totals.rows;
  json["messages"] = totals.messages;
  json["bytes"] = totals.bytes;
  return {id, text_of(json)};
}

} // namespace jetcapture::host
