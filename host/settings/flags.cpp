#include "settings/flags.hpp"

#include "settings/values.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

namespace jetcapture::host {
namespace {

// member<&Settings::stream>, member<&Settings::connection, &ConnectionSettings::user>
template <auto... path>
constexpr auto member = [](Settings &settings) -> auto & {
  return (settings.*....*path);
};

using C = ConnectionSettings;
using G = FlagGroup;
using K = FlagKind;
using S = Settings;
using namespace std::chrono_literals;

constexpr std::int64_t in_nanoseconds(std::chrono::nanoseconds duration) {
  return duration.count();
}

// Sums of times and intervals fit into 64 bits: see JETCAPTURE_FIRST_TIME.
constexpr std::chrono::nanoseconds longest_interval = 24h * 3650;

constexpr std::array<std::string_view, 4> compressions = {"none", "gzip", "zstd", "snappy"};
constexpr std::array<std::string_view, 2> deliveries = {"shared", "ordered"};
constexpr std::array<std::string_view, 2> drains = {"store", "drop"};
constexpr std::array<std::string_view, 3> decode_errors = {"quarantine", "term", "stop"};
constexpr std::array<std::string_view, 4> levels = {"debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 2> formats = {"text", "json"};

constexpr Flag table[] = {
    {G::connection,
     "server",
     K::list,
     "URL[,URL]",
     "server to connect to, repeatable",
     member<&S::connection, &C::servers>,
     {.shown_default = "nats://127.0.0.1:4222", .separator = ',', .letter = 's'}},
    {G::connection, "nats-context", K::text, "NAME", "context of the nats tool; a file where it has a slash",
     member<&S::connection, &C::context>},
    {G::connection, "user", K::text, "NAME", "user", member<&S::connection, &C::user>},
    {G::connection, "password", K::secret, "TEXT", "password", member<&S::connection, &C::password>},
    {G::connection, "password-file", K::secret_file, "FILE", "file that holds the password (or JETCAPTURE_PASSWORD)",
     member<&S::connection, &C::password>},
    {G::connection, "token", K::secret, "TEXT", "token", member<&S::connection, &C::token>},
    {G::connection, "token-file", K::secret_file, "FILE", "file that holds the token (or JETCAPTURE_TOKEN)",
     member<&S::connection, &C::token>},
    {G::connection, "nkey", K::text, "FILE", "nkey seed file", member<&S::connection, &C::nkey_file>},
    {G::connection, "creds", K::text, "FILE", "credentials file", member<&S::connection, &C::creds_file>},
    {G::connection, "tls", K::flag, "", "require TLS", member<&S::connection, &C::tls>},
    {G::connection, "tlsca", K::text, "FILE", "certificates of the authorities to trust",
     member<&S::connection, &C::tls_ca>},
    {G::connection, "tlscert", K::text, "FILE", "client certificate", member<&S::connection, &C::tls_cert>},
    {G::connection, "tlskey", K::text, "FILE", "key of the client certificate", member<&S::connection, &C::tls_key>},
    {G::connection, "tls-server-name", K::text, "NAME", "name that the server's certificate must have",
     member<&S::connection, &C::tls_server_name>},
    {G::connection,
     "inbox-prefix",
     K::text,
     "SUBJECT",
     "prefix of the subjects for answers",
     member<&S::connection, &C::inbox_prefix>,
     {.shown_default = "_INBOX"}},
    {G::connection, "js-domain", K::text, "NAME", "JetStream domain", member<&S::connection, &C::js_domain>},
    {G::connection,
     "js-api-prefix",
     K::text,
     "SUBJECT",
     "prefix of the JetStream API, instead of a domain",
     member<&S::connection, &C::js_api_prefix>,
     {.shown_default = "$JS.API"}},
    {G::connection,
     "connect-timeout",
     K::duration,
     "DURATION",
     "timeout of connecting",
     member<&S::connection, &C::connect_timeout>,
     {.minimum = in_nanoseconds(1ms)}},

    {G::capture, "stream", K::text, "NAME", "stream to capture", member<&S::stream>},
    {G::capture, "consumer", K::text, "NAME", "durable pull consumer; hosts that share it share its messages",
     member<&S::consumer>},
    {G::capture,
     "delivery",
     K::choice,
     "shared|ordered",
     "shared: hosts share a consumer, with acks; ordered: one host, without",
     member<&S::delivery>,
     {.choices = deliveries}},
    {G::capture, "start-sequence", K::count, "SEQUENCE", "where a new capture begins; 0: at the stream's first message",
     member<&S::start_sequence>},
    {G::capture, "start-time", K::text, "TIME", "where a new capture begins, as 2026-11-02T12:00:00Z",
     member<&S::start_time>},
    {G::capture, "from-here", K::flag, "", "ordered: go on with other options than until now", member<&S::from_here>},
    {G::capture,
     "takeover-after",
     K::duration,
     "DURATION",
     "ordered: how long an owner may show no sign of life before a standby takes over",
     member<&S::takeover_after>,
     {.minimum = in_nanoseconds(1s)}},
    {G::capture, "parallel-backlog", K::count, "MESSAGES",
     "ordered: hosts share the work, in parts of so many sequences; 0: they do not", member<&S::parallel_backlog>},
    {G::capture, "create-consumer", K::flag, "", "create the consumer if it does not exist",
     member<&S::create_consumer>},
    {G::capture, "capture-again", K::flag, "", "with a recreated consumer, capture again what an earlier one stored",
     member<&S::capture_again>},
    {G::capture,
     "filter-subject",
     K::list,
     "SUBJECT",
     "subjects of a created consumer, repeatable",
     member<&S::filter_subjects>,
     {.separator = ','}},
    {G::capture, "priority-group", K::text, "NAME", "priority group of the consumer to pull as",
     member<&S::priority_group>},
    {G::capture, "accept-loss", K::flag, "", "capture from a stream that may discard messages before they are stored",
     member<&S::accept_loss>},

    {G::stages, "decoder", K::text, "NAME", "decoder, such as json; --decoder json --help shows its options",
     member<&S::decoder, &StageChoice::name>},
    {G::stages, "decoder-opt", K::stage_options, "KEY=VALUE", "option of the decoder, repeatable",
     member<&S::decoder, &StageChoice::options>},
    {G::stages, "writer", K::text, "NAME", "writer, such as csv", member<&S::writer, &StageChoice::name>},
    {G::stages, "writer-opt", K::stage_options, "KEY=VALUE", "option of the writer, repeatable",
     member<&S::writer, &StageChoice::options>},
    {G::stages, "store", K::text, "NAME", "store, such as file", member<&S::store, &StageChoice::name>},
    {G::stages, "store-opt", K::stage_options, "KEY=VALUE", "option of the store, repeatable",
     member<&S::store, &StageChoice::options>},
    {G::stages,
     "plugin-dir",
     K::list,
     "FOLDER",
     "directory of plug-ins, searched first, repeatable",
     member<&S::plugin_folders>,
     {.variable_separator = ':'}},
    {G::stages, "allow-writable-plugins", K::flag, "", "load plug-ins that are writable by every user",
     member<&S::allow_writable_plugins>},

    {G::blocks,
     "max-age",
     K::duration,
     "DURATION",
     "interval of a block",
     member<&S::max_age>,
     {.minimum = in_nanoseconds(1s), .maximum = in_nanoseconds(longest_interval)}},
    {G::blocks,
     "late-grace",
     K::duration,
     "DURATION",
     "how long a block waits for late messages",
     member<&S::late_grace>,
     {.maximum = in_nanoseconds(longest_interval)}},
    {G::blocks, "max-messages", K::count, "COUNT", "messages that end a block; 0: no limit", member<&S::max_messages>},
    {G::blocks, "max-bytes", K::size, "SIZE", "bytes before compression that end a block; 0: no limit",
     member<&S::max_bytes>},
    {G::blocks, "path-template", K::text, "TEXT", "directory of a block, in UTC", member<&S::path_template>},
    {G::blocks, "path-null", K::text, "TEXT", "directory of a part of the key that is not there",
     member<&S::path_null>},
    {G::blocks,
     "compression",
     K::choice,
     "none|gzip|zstd|snappy",
     "compression of blocks",
     member<&S::compression>,
     {.choices = compressions}},
    {G::blocks,
     "compression-level",
     K::count,
     "LEVEL",
     "fast to small: gzip 0..9, zstd 1..19",
     member<&S::compression_level>,
     {.shown_default = "gzip 6, zstd 3", .minimum = 0, .maximum = 19}},

    {G::limits, "no-ledger", K::flag, "", "write no manifests into the store", member<&S::no_ledger>},
    {G::limits, "accept-missing-manifests", K::flag, "",
     "go on although manifests of this host were removed from the store", member<&S::accept_missing_manifests>},
    {G::limits,
     "state-dir",
     K::text,
     "FOLDER",
     "directory of the journal",
     member<&S::state_dir>,
     {.shown_default = "chosen by the host"}},
    {G::limits,
     "spool-dir",
     K::text,
     "FOLDER",
     "directory for blocks not yet stored",
     member<&S::spool_dir>,
     {.shown_default = "in the state folder"}},
    {G::limits,
     "memory-limit",
     K::size,
     "SIZE",
     "memory for blocks; the rest goes to the spool",
     member<&S::memory_limit>,
     {.minimum = 1 << 20}},
    {G::limits, "spool-limit", K::size, "SIZE", "size limit of the spool; 0: what the disk has",
     member<&S::spool_limit>},
    {G::limits,
     "window-messages",
     K::count,
     "COUNT",
     "messages to prefetch",
     member<&S::window_messages>,
     {.minimum = 1, .maximum = 1'000'000}},
    {G::limits,
     "window-bytes",
     K::size,
     "SIZE",
     "bytes to prefetch",
     member<&S::window_bytes>,
     {.minimum = 1 << 10, .maximum = 48 << 20}},
    {G::limits,
     "pipelines",
     K::count,
     "COUNT",
     "decoders that run in parallel, for slow ones",
     member<&S::pipelines>,
     {.minimum = 1, .maximum = 64}},
    {G::limits,
     "store-threads",
     K::count,
     "COUNT",
     "blocks stored in parallel",
     member<&S::store_threads>,
     {.minimum = 1, .maximum = 256}},
    {G::limits,
     "compress-threads",
     K::count,
     "COUNT",
     "threads that compress blocks",
     member<&S::compress_threads>,
     {.minimum = 1, .maximum = 256}},
    {G::limits,
     "store-timeout",
     K::duration,
     "DURATION",
     "timeout of one store attempt",
     member<&S::store_timeout>,
     {.minimum = in_nanoseconds(1ms)}},
    {G::limits,
     "retry-min",
     K::duration,
     "DURATION",
     "delay after the first failed store attempt",
     member<&S::retry_min>,
     {.minimum = in_nanoseconds(1ms)}},
    {G::limits,
     "retry-max",
     K::duration,
     "DURATION",
     "longest delay between store attempts",
     member<&S::retry_max>,
     {.minimum = in_nanoseconds(1ms)}},
    {G::limits,
     "ack-timeout",
     K::duration,
     "DURATION",
     "timeout of the server's confirmation of acks",
     member<&S::ack_timeout>,
     {.minimum = in_nanoseconds(1ms)}},
    {G::limits,
     "drain",
     K::choice,
     "store|drop",
     "blocks that a stop finds open: store them, or, ordered, read them again later",
     member<&S::drain>,
     {.choices = drains}},
    {G::limits, "drain-timeout", K::duration, "DURATION", "timeout of storing and acking what is in flight at the end",
     member<&S::drain_timeout>},

    {G::behaviour,
     "on-decode-error",
     K::choice,
     "CHOICE",
     "quarantine, term or stop",
     member<&S::on_decode_error>,
     {.choices = decode_errors}},
    {G::behaviour, "once", K::flag, "", "end once all that the stream has at the start is stored and acked",
     member<&S::once>},
    {G::behaviour, "check", K::flag, "", "check everything, say what a run would do, and end", member<&S::check>},
    {G::behaviour, "print-config", K::command, "",
     "print each setting and where it comes from, as an INI file, and end"},
    {G::behaviour, "config", K::command, "FILE", "INI file of these settings (or JETCAPTURE_CONFIG)"},
    {G::behaviour, "help", K::command, "", "print this help", {}, {.letter = 'h'}},
    {G::behaviour, "version", K::command, "", "version and plug-in ABI"},

    {G::operation, "listen", K::text, "ADDRESS:PORT", "serve metrics, health and a page, for example at 127.0.0.1:9464",
     member<&S::listen>},
    {G::operation, "notify-subject", K::text, "SUBJECT",
     "subject of a stream, to tell stored blocks and complete intervals on", member<&S::notify_subject>},
    {G::operation, "status-subject", K::text, "SUBJECT", "subject to publish the status on, as JSON",
     member<&S::status_subject>},
    {G::operation,
     "status-interval",
     K::duration,
     "DURATION",
     "time between two publications of the status",
     member<&S::status_interval>,
     {.minimum = in_nanoseconds(100ms)}},

    {G::log, "log-level", K::choice, "LEVEL", "debug, info, warn or error", member<&S::log_level>, {.choices = levels}},
    {G::log,
     "log-format",
     K::choice,
     "text|json",
     "key=value text, or JSON",
     member<&S::log_format>,
     {.choices = formats}},
};

} // namespace

std::string_view to_string(FlagGroup group) {
  switch (group) {
  case FlagGroup::connection:
    return "connection";
  case FlagGroup::capture:
    return "capture";
  case FlagGroup::stages:
    return "stages";
  case FlagGroup::blocks:
    return "blocks";
  case FlagGroup::limits:
    return "limits";
  case FlagGroup::behaviour:
    return "behaviour";
  case FlagGroup::operation:
    return "operation";
  case FlagGroup::log:
    return "log";
  }
  return "";
}

std::span<const Flag> flags() {
  return table;
}

const Flag *find_flag(std::string_view name) {
  const auto found =
      std::find_if(std::begin(table), std::end(table), [&](const Flag &flag) { return flag.name == name; });
  return found == std::end(table) ? nullptr : found;
}

std::string variable_of(const Flag &flag) {
  std::string variable = "JETCAPTURE_";
  for (const char c : flag.name)
    variable += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
  return variable;
}

std::string value_text(const Flag &flag, const Settings &settings) {
  // The members are functions of settings that can be written; nothing is written here.
  Settings copy = settings;
  return std::visit(
      [&](auto member_of) -> std::string {
        if constexpr (std::is_same_v<decltype(member_of), std::monostate>) {
          return "";
        } else {
          const auto &value = member_of(copy);
          using Value = std::remove_cvref_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, std::string>) {
            const bool secret = flag.kind == FlagKind::secret || flag.kind == FlagKind::secret_file;
            return secret && !value.empty() ? "…" : value;
          } else if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
            std::string joined;
            for (const std::string &item : value)
              joined += (joined.empty() ? "" : ",") + item;
            return joined;
          } else if constexpr (std::is_same_v<Value, bool>) {
            return value ? "true" : "false";
          } else if constexpr (std::is_same_v<Value, std::chrono::nanoseconds>) {
            return format_duration(value);
          } else if constexpr (std::is_enum_v<Value>) {
            return std::string(flag.details.choices[static_cast<std::size_t>(value)]);
          } else if constexpr (std::is_same_v<Value, std::uint64_t>) {
            return flag.kind == FlagKind::size ? format_size(value) : std::to_string(value);
          } else {
            return std::to_string(value);
          }
        }
      },
      flag.member);
}

} // namespace jetcapture::host
