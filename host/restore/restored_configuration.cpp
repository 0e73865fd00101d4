#include "restore/restored_configuration.hpp"

#include "settings/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

namespace jetcapture::host {

namespace {

using nlohmann::json;

constexpr std::string_view key_value_prefix = "KV_";
constexpr std::string_view object_store_prefix = "OBJ_";

std::string name_of(const json &original) {
  return original.value("name", "");
}

std::int64_t number(const json &object, const char *name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

bool has(const json &object, const char *name) {
  const auto found = object.find(name);
  return found != object.end() && !found->is_null() && *found != json(false) && *found != json("") &&
         !((found->is_object() || found->is_array()) && found->empty());
}

int replicas_of(const json &original, const RestoreTarget &target) {
  return target.replicas > 0 ? target.replicas : std::max(1, static_cast<int>(number(original, "num_replicas")));
}

// What the server has put there itself comes again by itself.
json metadata_of_user(const json &original) {
  json kept = json::object();
  if (const auto metadata = original.find("metadata"); metadata != original.end() && metadata->is_object())
    for (const auto &[name, value] : metadata->items())
      if (!name.starts_with("_nats."))
        kept[name] = value;
  return kept;
}

class Limits {
public:
  Limits(json &configuration, std::vector<std::string> &left_out)
      : configuration_(configuration), left_out_(left_out) {}

  // One that removes messages gets another value; -1 or 0, as the limit has it: none.
  void keep(const char *name, bool removes, std::int64_t instead, const std::string &shown) {
    const std::int64_t limit = number(configuration_, name);
    if (limit <= 0 || !removes)
      return;
    configuration_[name] = instead;
    left_out_.push_back(std::string(name) + " " + shown +
                        (instead > 0 ? " is " + std::to_string(instead) + " instead" : " is not set") +
                        ": it would remove restored messages at once");
  }

private:
  json &configuration_;
  std::vector<std::string> &left_out_;
};

void keep_limits(json &configuration, std::vector<std::string> &left_out, const RestoredMessages &messages,
                 std::int64_t now, bool is_key_value) {
  Limits limits(configuration, left_out);
  const auto above = [&](std::uint64_t has_now, const char *name) {
    return has_now > static_cast<std::uint64_t>(number(configuration, name));
  };
  const auto shown = [&](const char *name) { return std::to_string(number(configuration, name)); };
  const bool drops_old = configuration.value("discard", "old") != "new";
  const std::int64_t age = number(configuration, "max_age");
  limits.keep("max_age", messages.messages > 0 && messages.first_timestamp < now - age, 0,
              format_duration(std::chrono::nanoseconds(age)));
  limits.keep("max_msgs", drops_old && above(messages.messages, "max_msgs"), -1, shown("max_msgs"));
  limits.keep("max_bytes", drops_old && above(messages.bytes, "max_bytes"), -1, shown("max_bytes"));
  // Clients take no stream without this limit, which is its history, for a key-value bucket (kv.c of nats.c, kv.go).
  const auto history = static_cast<std::int64_t>(messages.most_of_a_subject);
  limits.keep("max_msgs_per_subject", above(messages.most_of_a_subject, "max_msgs_per_subject"),
              is_key_value ? history : -1, shown("max_msgs_per_subject"));
  if (number(configuration, "max_msgs_per_subject") <= 0)
    configuration.erase("discard_new_per_subject");
}

} // namespace

json configuration_meanwhile(const json &original, const RestoreTarget &target, const RestoreMark &mark,
                             bool has_metadata) {
  json meanwhile = {{"name", target.stream},
                    {"subjects", {private_subject(mark)}},
                    {"retention", original.value("retention", "limits") == "workqueue" ? "workqueue" : "limits"},
                    {"max_consumers", -1},
                    {"max_msgs", -1},
                    {"max_bytes", -1},
                    {"max_age", 0},
                    {"max_msgs_per_subject", -1},
                    {"max_msg_size", -1},
                    {"discard", "old"},
                    {"storage", "file"},
                    {"num_replicas", replicas_of(original, target)}};
  for (const char *unchangeable : {"allow_msg_counter", "persist_mode"})
    if (has(original, unchangeable))
      meanwhile[unchangeable] = original[unchangeable];
  if (has(original, "placement"))
    meanwhile["placement"] = original["placement"];
  set_mark(meanwhile, mark, has_metadata);
  return meanwhile;
}

LiveConfiguration configuration_to_go_live(const json &original, const RestoreTarget &target,
                                           const RestoredMessages &messages, std::int64_t now) {
  LiveConfiguration live;
  json configuration = original;
  const auto leave_out = [&](const char *name, const std::string &why) {
    if (has(configuration, name))
      live.left_out.push_back(std::string(name) + " is not set: " + why);
    configuration.erase(name);
  };
  configuration["name"] = target.stream;
  if (!target.subjects.empty())
    configuration["subjects"] = target.subjects;
  configuration["num_replicas"] = replicas_of(original, target);
  if (original.value("storage", "file") != "file")
    live.left_out.emplace_back("the stream is kept in files: only such a stream can be restored");
  configuration["storage"] = "file";
  if (original.value("retention", "limits") == "interest") {
    live.left_out.emplace_back("retention is limits and not interest: it would remove messages that no consumer wants");
    configuration["retention"] = "limits";
  }
  leave_out("mirror", "it would begin to copy, behind other messages");
  leave_out("sources", "it would begin to copy, and might copy again what is restored");
  leave_out("republish", "set it once its readers are ready");
  leave_out("allow_msg_schedules", "old schedules would fire");
  configuration.erase("first_seq"); // of a new stream alone
  if (messages.with_ttl > 0) {
    leave_out("allow_msg_ttl", "it would remove restored messages, since " + std::to_string(messages.with_ttl) +
                                   " have a Nats-TTL header");
    configuration.erase("subject_delete_marker_ttl");
  }
  keep_limits(configuration, live.left_out, messages, now, name_of(original).starts_with(key_value_prefix));
  if (const json metadata = metadata_of_user(original); !metadata.empty())
    configuration["metadata"] = metadata;
  else
    configuration.erase("metadata");
  if (!has(configuration, "subjects"))
    configuration["subjects"] = json::array({target.stream});
  live.json = configuration.dump();
  return live;
}

bool is_bucket(const json &original) {
  const std::string name = name_of(original);
  return name.starts_with(key_value_prefix) || name.starts_with(object_store_prefix);
}

json restored_consumer(json original, std::uint64_t start_sequence) {
  if (const json metadata = metadata_of_user(original); !metadata.empty())
    original["metadata"] = metadata;
  else
    original.erase("metadata");
  if (start_sequence > 0) {
    original["deliver_policy"] = "by_start_sequence";
    original["opt_start_seq"] = start_sequence;
    original.erase("opt_start_time");
  }
  return original;
}

bool is_durable(const json &consumer) {
  return has(consumer, "durable_name");
}

} // namespace jetcapture::host
