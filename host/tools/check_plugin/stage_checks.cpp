#include "settings/error.hpp"
#include "settings/values.hpp"
#include "tools/check_plugin/check.hpp"
#include "tools/check_plugin/growth.hpp"
#include "tools/check_plugin/instance.hpp"
#include "tools/check_plugin/process_state.hpp"
#include "tools/plugins/stage_facts.hpp"

#include <array>
#include <cstring>
#include <dlfcn.h>
#include <memory>

namespace jetcapture::host {
namespace {

void loads_or_skips(const Subject &subject) {
  void *library = ::dlopen(subject.file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    skip("it can't be loaded");
}

void has_a_description(const Subject &subject) {
  loads_or_skips(subject);
  try {
    static_cast<void>(stage_facts(subject.stage));
  } catch (const StartupError &error) {
    fail(error.what());
  }
}

void description_stays(const Subject &subject) {
  const auto read = [&] {
    about_of(subject);
    return stage_facts(subject.stage).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  };
  const std::string before = read();
  {
    const CheckHost host;
    try {
      const Instance instance(subject, payloads_of(subject).front(), host);
    } catch (const Finding &) {
      // A stage that does not start has a description too.
    }
  }
  require(read() == before, "its description changes while it is used; it has to be constant");
}

void defaults_parse(const Subject &subject) {
  const jetcapture_about &about = about_of(subject);
  for (const jetcapture_option *const *option = about.options; option != nullptr && *option != nullptr; ++option) {
    const jetcapture_option &one = **option;
    if ((one.flags & JETCAPTURE_OPTION_REQUIRED) != 0)
      require(one.default_value == nullptr,
              "the option " + std::string(one.name) + " is required and has a default; give it one of the two");
    if (one.default_value == nullptr)
      continue;
    // Only this option's default is looked at: all others are as they are.
    const jetcapture_option *const alone[] = {&one, nullptr};
    jetcapture_about with_it = about;
    with_it.options = alone;
    StageSettings settings;
    try {
      parse_stage_options(with_it, subject.stage.kind, {std::string(one.name) + "=" + one.default_value}, settings);
    } catch (const StartupError &error) {
      fail("the default of the option " + std::string(one.name) + " is no value of its kind: " + error.what());
    }
  }
}

void creates_and_destroys(const Subject &subject) {
  const Lifecycle lifecycle = lifecycle_of(subject);
  const std::vector<std::string> options = startable_options(subject);
  const CheckHost host;
  for (const std::string &payload : payloads_of(subject)) {
    void *self = nullptr;
    const Answer answer = create(lifecycle, about_of(subject), subject, options, payload, host, self);
    if (answer.ok()) {
      require(self != nullptr, "create() returned ok and no instance");
      lifecycle.destroy(self);
      continue;
    }
    require(self == nullptr,
            "create() failed with " + answer.words() + " and left an instance; *self has to stay NULL");
    require(answer.is_known() && answer.status != JETCAPTURE_NEXT_BLOCK && answer.status != JETCAPTURE_BAD_DATA,
            "create() returned " + answer.words() + ", which a host can't understand there");
    require(!answer.sentence.empty(), "create() failed with " + answer.words() + " and gave no sentence");
    skip("it does not start with these options: " + answer.sentence + "; give others with --opt NAME=VALUE");
  }
}

// Values of an option that its kind allows, and that its author may not have thought of.
std::vector<std::string> values_to_try(const jetcapture_option &option) {
  std::vector<std::string> values;
  if (option.default_value != nullptr)
    values.emplace_back(option.default_value);
  switch (option.kind) {
  case JETCAPTURE_OPTION_TEXT:
    values.insert(values.end(), {"", "x", "\xF0\x9F\x8D\x95", std::string(64 << 10, 'x')});
    break;
  case JETCAPTURE_OPTION_LIST:
    values.insert(values.end(), {"", "x", "x,x,x", std::string(64 << 10, 'x')});
    break;
  case JETCAPTURE_OPTION_INTEGER:
    values.insert(values.end(), {"0", "1", "-1", "9223372036854775807", "-9223372036854775808"});
    break;
  case JETCAPTURE_OPTION_NUMBER:
    values.insert(values.end(), {"0", "-1", "1e308", "1e-308"});
    break;
  case JETCAPTURE_OPTION_FLAG:
    values.insert(values.end(), {"true", "false"});
    break;
  case JETCAPTURE_OPTION_DURATION:
    values.insert(values.end(), {"0", "1ns", "10000d"});
    break;
  case JETCAPTURE_OPTION_SIZE:
    values.insert(values.end(), {"0", "1", "1000000TB"});
    break;
  case JETCAPTURE_OPTION_CHOICE:
    for (const char *const *choice = option.choices; *choice != nullptr; ++choice)
      values.emplace_back(*choice);
    break;
  default:
    break;
  }
  return values;
}

void takes_every_value(const Subject &subject) {
  const Lifecycle lifecycle = lifecycle_of(subject);
  const jetcapture_about &about = about_of(subject);
  const std::vector<std::string> usual = startable_options(subject);
  const std::string payload = payloads_of(subject).front();
  const CheckHost host;
  for (const jetcapture_option *const *option = about.options; option != nullptr && *option != nullptr; ++option) {
    for (const std::string &value : values_to_try(**option)) {
      std::vector<std::string> options = usual;
      options.push_back(std::string((*option)->name) + "=" + value);
      void *self = nullptr;
      Answer answer;
      try {
        answer = create(lifecycle, about, subject, options, payload, host, self);
      } catch (const Finding &) {
        continue; // refused by the host
      }
      const std::string where = "with " + std::string((*option)->name) + "=" + value.substr(0, 40) + " create() ";
      if (answer.ok()) {
        require(self != nullptr, where + "returned ok and no instance");
        lifecycle.destroy(self);
        continue;
      }
      require(self == nullptr, where + "failed and left an instance; *self has to stay NULL");
      require(!answer.sentence.empty(), where + "failed with " + answer.words() + " and gave no sentence");
    }
  }
}

void works_in_a_newer_host(const Subject &subject) {
  const CheckHost usual;
  const std::string payload = payloads_of(subject).front();
  { const Instance starts(subject, payload, usual); }
  const CheckHost newer(true);
  void *self = nullptr;
  const Lifecycle lifecycle = lifecycle_of(subject);
  const Answer answer = create(lifecycle, about_of(subject), subject, startable_options(subject), payload, newer, self);
  require(answer.ok() && self != nullptr,
          "it does not start in a newer host, whose struct is larger: " + answer.words() +
              "; sizes and versions that are larger than the SDK's are fine");
  lifecycle.destroy(self);
}

void starts_again_and_again(const Subject &subject) {
  const Lifecycle lifecycle = lifecycle_of(subject);
  const jetcapture_about &about = about_of(subject);
  const std::vector<std::string> options = startable_options(subject);
  const std::string payload = payloads_of(subject).front();
  const CheckHost host;
  const auto times = [&](unsigned count) {
    for (unsigned i = 0; i < count; i++) {
      void *self = nullptr;
      const Answer answer = create(lifecycle, about, subject, options, payload, host, self);
      if (!answer.ok() || self == nullptr)
        skip("it does not start: " + answer.words());
      lifecycle.destroy(self);
    }
  };
  times(subject.cycles / 10 + 1);
  const ProcessState before = ProcessState::now();
  require_no_growth(subject.cycles, times, "instance", "destroy() leaves something behind");
  ProcessState after = ProcessState::after(before);
  after.printed = before.printed; // create-process tells it
  require_same_process(subject.file, before, after, "after " + std::to_string(subject.cycles) + " instances");
}

void leaves_process_alone(const Subject &subject) {
  const CheckHost host;
  const std::string payload = payloads_of(subject).front(); // the library is loaded now
  const ProcessState before = ProcessState::now().without_resources();
  const Instance instance(subject, payload, host);
  require_same_process(subject.file, before, ProcessState::now().without_resources(), "create() changes the process:");
}

void instances_are_independent(const Subject &subject) {
  const CheckHost host;
  const std::string payload = payloads_of(subject).front();
  auto first = std::make_unique<Instance>(subject, payload, host);
  const auto second = std::make_unique<Instance>(subject, payload, host);
  const bool is_factory = subject.stage.kind == StageKind::writer || subject.stage.kind == StageKind::reader;
  require(first->self() != second->self() || is_factory,
          "two calls of create() gave the same instance; each pipeline needs one of its own");
  first.reset();
}

constexpr std::array<Check, 9> checks = {
    {{"description", "its description keeps the rules of the ABI", "load-works", has_a_description},
     {"description-constant", "its description stays the same", "description", description_stays},
     {"option-defaults", "the defaults of its options are values of their kind", "description", defaults_parse},
     {"create-works", "it starts, or says why not", "option-defaults", creates_and_destroys},
     {"create-values", "it takes, or refuses with a sentence, whatever value its options may have", "create-works",
      takes_every_value},
     {"create-newer-host", "it starts in a newer host too", "create-works", works_in_a_newer_host},
     {"create-process", "create() leaves the process as it is: signals, locale, directory, environment, umask, output",
      "create-works", leaves_process_alone},
     {"create-cycles", "instances leave no memory, files or threads behind", "create-works", starts_again_and_again},
     {"create-two", "two instances live side by side", "create-works", instances_are_independent}}};

} // namespace

std::span<const Check> stage_checks() {
  return checks;
}

} // namespace jetcapture::host
