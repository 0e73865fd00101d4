#include "plugins/load_stages.hpp"

#include "plugins/exported_symbols.hpp"
#include "plugins/library_bindings.hpp"
#include "plugins/searched_folders.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"

#include <map>
#include <set>

namespace jetcapture::host {
namespace {

void tell_foreign_bindings(const HostLibraries &libraries, const std::filesystem::path &plugin, Log &log) try {
  std::map<std::string, std::uint64_t> symbols; // of each library
  for (const ForeignBinding &binding : libraries.foreign_bindings(plugin))
    symbols[binding.bound]++;
  for (const auto &[library, count] : symbols)
    log.warn("a plug-in calls a library that the host has loaded, and not the one that it was linked with; "
             "jetcapture check-plugin names the functions and tells what to do",
             {{"plugin", plugin.string()}, {"library", library}, {"symbols", count}});
} catch (const UnusableReason &) { // it was loaded, and is no longer there to be read
}

} // namespace

LoadedStages load_stages(const Settings &settings, Log &log) {
  const HostLibraries libraries;
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
  std::set<std::filesystem::path> files = {loaded.decoder.file.file, loaded.writer.file.file};
  if (loaded.store)
    files.insert(loaded.store->file.file);
  for (const std::filesystem::path &file : files)
    tell_foreign_bindings(libraries, file, log);
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
