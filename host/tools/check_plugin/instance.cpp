#include "tools/check_plugin/instance.hpp"

#include "settings/error.hpp"

namespace jetcapture::host {
namespace {

template <class Load>
auto load_or_skip(const Subject &subject, Load load) {
  try {
    return load(subject.stage).description;
  } catch (const StartupError &) {
    skip("the stage can't be used");
  }
}

} // namespace

jetcapture_decoder description_of_decoder(const Subject &subject) {
  return load_or_skip(subject, load_decoder);
}
jetcapture_writer description_of_writer(const Subject &subject) {
  return load_or_skip(subject, load_writer);
}
jetcapture_store description_of_store(const Subject &subject) {
  return load_or_skip(subject, load_store);
}
jetcapture_reader description_of_reader(const Subject &subject) {
  return load_or_skip(subject, load_reader);
}

const jetcapture_about &about_of(const Subject &subject) {
  switch (subject.stage.kind) {
  case StageKind::decoder:
    return *description_of_decoder(subject).about;
  case StageKind::writer:
    return *description_of_writer(subject).about;
  case StageKind::reader:
    return *description_of_reader(subject).about;
  case StageKind::store:
    break;
  }
  return *description_of_store(subject).about;
}

Lifecycle lifecycle_of(const Subject &subject) {
  switch (subject.stage.kind) {
  case StageKind::decoder: {
    const jetcapture_decoder decoder = description_of_decoder(subject);
    return {decoder.create, decoder.destroy};
  }
  case StageKind::writer: {
    const jetcapture_writer writer = description_of_writer(subject);
    return {writer.create, writer.destroy};
  }
  case StageKind::reader: {
    const jetcapture_reader reader = description_of_reader(subject);
    return {reader.create, reader.destroy};
  }
  case StageKind::store:
    break;
  }
  const jetcapture_store store = description_of_store(subject);
  return {store.create, store.destroy};
}

std::vector<std::string> payloads_of(const Subject &subject) {
  if (subject.stage.kind == StageKind::store || subject.stage.kind == StageKind::reader)
    return {""};
  std::vector<std::string> payloads;
  const char *const *names = subject.stage.kind == StageKind::decoder ? description_of_decoder(subject).produces
                                                                      : description_of_writer(subject).accepts;
  for (; *names != nullptr; ++names)
    payloads.emplace_back(*names);
  return payloads;
}

std::vector<std::string> startable_options(const Subject &subject) {
  std::vector<std::string> options = subject.options;
  const jetcapture_about &about = about_of(subject);
  for (const jetcapture_option *const *option = about.options; option != nullptr && *option != nullptr; ++option) {
    const std::string prefix = std::string((*option)->name) + "=";
    bool given = ((*option)->flags & JETCAPTURE_OPTION_REQUIRED) == 0;
    for (const std::string &one : subject.options)
      given = given || one.starts_with(prefix);
    if (given)
      continue;
    if ((*option)->kind != JETCAPTURE_OPTION_PATH)
      skip("it needs the option " + std::string((*option)->name) + ": give it with --opt " + prefix + "…");
    options.push_back(prefix + subject.folder.string());
  }
  return options;
}

Answer create(const Lifecycle &lifecycle, const jetcapture_about &about, const Subject &subject,
              const std::vector<std::string> &options, const std::string &payload, const CheckHost &host, void *&self) {
  StageSettings settings;
  try {
    parse_stage_options(about, subject.stage.kind, options, settings);
  } catch (const StartupError &error) {
    skip(error.what());
  }
  const jetcapture_create_args args = {sizeof args,
                                       settings.count(),
                                       host.c_host(),
                                       settings.pointers(),
                                       payload.empty() ? nullptr : payload.c_str(),
                                       0,
                                       0};
  self = nullptr;
  return CheckHost::ask([&] { return lifecycle.create(&args, &self); });
}

Instance::Instance(const Subject &subject, const std::string &payload, const CheckHost &host)
    : destroy_(lifecycle_of(subject).destroy) {
  const Answer answer =
      create(lifecycle_of(subject), about_of(subject), subject, startable_options(subject), payload, host, self_);
  if (!answer.ok() || self_ == nullptr)
    skip("it does not start: " + answer.words());
}

} // namespace jetcapture::host
