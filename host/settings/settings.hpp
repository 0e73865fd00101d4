// All settings of the host, after flags, environment and file have been merged and checked one by one.
//
// Plain values; nothing here knows where a value came from.
#pragma once

#include "log/log.hpp"
#include "settings/compression.hpp"
#include "settings/connection_settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

// A stage as the user chose it: a name, or a file where it has a slash; options as written, "key=value", in order.
struct StageChoice {
  std::string name;
  std::vector<std::string> options;
};

// shared: hosts share a durable consumer, and ack. ordered: one host at a time reads the stream in its order, without
// acks.
enum class DeliveryKind { shared, ordered };

// What a stop does with blocks that are not stored: stores them, or leaves their messages to the next run.
enum class Drain { store, drop };

enum class OnDecodeError { quarantine, term, stop };

struct Settings {
  ConnectionSettings connection;

  std::string stream;
  std::string consumer;
  DeliveryKind delivery = DeliveryKind::shared;
  std::uint64_t start_sequence = 0;   // of a new capture; 0: not given
  std::string start_time;             // the same, RFC 3339; empty: not given
  bool from_here = false;             // ordered: go on with other options
  std::uint64_t parallel_backlog = 0; // ordered: sequences of a claim; 0: one host captures the whole stream
  std::chrono::nanoseconds takeover_after{std::chrono::seconds(15)}; // of an owner that shows no sign of life
  bool create_consumer = false;
  bool capture_again = false; // a consumer that is not the one of the last run begins at the first message
  std::vector<std::string> filter_subjects;
  std::string priority_group; // of the consumer; empty: none
  bool accept_loss = false;   // capture from a stream that may discard messages before they are stored

  StageChoice decoder;
  StageChoice writer;
  StageChoice store;
  std::vector<std::string> plugin_folders; // --plugin-dir, in order
  bool allow_writable_plugins = false;

  std::chrono::nanoseconds max_age{std::chrono::minutes(15)};
  std::chrono::nanoseconds late_grace{0};
  std::uint64_t max_messages = 0; // 0: no limit
  std::uint64_t max_bytes = 0;    // 0: no limit; bytes in a block before compression
  std::string path_template = "{key}/%Y/%m/%d/%H/%M";
  std::string path_null = "%null";
  Compression compression = Compression::none;
  int compression_level = -1; // -1: the codec's default

  bool no_ledger = false;                // no manifests in the store
  bool accept_missing_manifests = false; // of this host, that were removed from the store

  std::string state_dir; // empty: chosen by the host
  std::string spool_dir; // empty: in the state folder
  std::uint64_t memory_limit = 64ull << 20;
  std::uint64_t spool_limit = 0; // 0: no limit but the disk's

  std::uint32_t window_messages = 20000;
  std::uint64_t window_bytes = 16ull << 20;
  std::uint32_t pipelines = 1; // decoders that work at the same time
  std::uint32_t store_threads = 4;
  std::uint32_t compress_threads = 2;
  std::chrono::nanoseconds store_timeout{std::chrono::minutes(5)};
  std::chrono::nanoseconds retry_min{std::chrono::milliseconds(500)};
  std::chrono::nanoseconds retry_max{std::chrono::minutes(1)};
  std::chrono::nanoseconds ack_timeout{std::chrono::seconds(5)};
  std::chrono::nanoseconds drain_timeout{std::chrono::seconds(60)};
  Drain drain = Drain::store; // drop: with ordered delivery

  OnDecodeError on_decode_error = OnDecodeError::quarantine;

  bool once = false;
  bool check = false;

  std::string listen;         // --listen: ADDRESS:PORT of metrics, health and page; empty: none
  std::string notify_subject; // where stored blocks and complete intervals are told; empty: nowhere
  std::string status_subject; // where the status is published; empty: nowhere
  std::chrono::nanoseconds status_interval{std::chrono::seconds(10)};

  Level log_level = Level::info;
  LogFormat log_format = LogFormat::text;
};

} // namespace jetcapture::host
