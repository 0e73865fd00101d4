#include "plugins/load_stages.hpp"

#include "plugins/stage_about.hpp"
#include "settings/error.hpp"

namespace jetcapture::host {

LoadedStages load_stages(const Settings &settings) {
  const auto folders = folders_of(settings);
  const auto find = [&](StageKind kind, const StageChoice &choice) {
    return find_stage(folders, kind, choice.name, settings.allow_writable_plugins);
  };
  LoadedStages loaded = {.decoder = load_decoder(find(StageKind::decoder, settings.decoder)),
                         .writer = load_writer(find(StageKind::writer, settings.writer)),
                         .store = std::nullopt,
                         .payload = {}};
  if (!settings.store.name.empty())
    loaded.store = load_store(find(StageKind::store, settings.store));
  loaded.payload = agree_on_payload(loaded.decoder, loaded.writer);
  return loaded;
}

Stages::Stages(const LoadedStages &loaded, const jetcapture_store &store_description, const Settings &settings,
               Log &log, const std::atomic<bool> &cancelled, const StageUse &use)
    : decoders(make_decoders(loaded.decoder, settings, loaded.payload, log, cancelled, use)),
      writer(loaded.writer.description, StageKind::writer, settings.writer.options, loaded.payload, log, cancelled,
             use),
      store(store_description, StageKind::store, settings.store.options, "", log, cancelled, use) {
  if (settings.compression != Compression::none && (writer.description().flags & JETCAPTURE_WRITER_COMPRESSES) != 0)
    throw StartupError("the writer " + settings.writer.name + " compresses its output itself: leave out --compression");
}

} // namespace jetcapture::host
