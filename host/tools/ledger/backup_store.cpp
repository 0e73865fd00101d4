#include "tools/ledger/backup_store.hpp"

#include "plugins/searched_folders.hpp"
#include "settings/command_line.hpp"
#include "settings/error.hpp"

namespace jetcapture::host {

namespace {

Settings settings_from(const std::vector<std::string> &flags, const char *const *environment) {
  Settings settings = read_command_line(flags, environment, Purpose::listing).settings;
  if (settings.store.name.empty())
    throw StartupError("--store is missing; name the store of the backup, as in --store file --store-opt root=backup");
  return settings;
}

LoadedStore load(const Settings &settings) {
  return load_store(
      find_stage(folders_of(settings), StageKind::store, settings.store.name, settings.allow_writable_plugins));
}

} // namespace

BackupStore::BackupStore(const std::vector<std::string> &flags, const char *const *environment)
    : settings_(settings_from(flags, environment)), log_(settings_.log_level, settings_.log_format),
      loaded_(load(settings_)), store_(loaded_.description, StageKind::store, settings_.store.options, "", log_,
                                       cancelled_, {.check_only = true, .may_be_read_only = true}),
      reader_(store_) {}

std::unique_ptr<const Store> BackupStore::open_to_write() {
  return std::make_unique<const Store>(loaded_.description, StageKind::store, settings_.store.options, "", log_,
                                       cancelled_);
}

FoundChains find_chains(const BackupStore &backup, Findings &findings, CountLine &line) {
  const FoundChains found = find_chains(backup.reader(), backup.filter(), Listed::by_indexes, findings,
                                        [&](std::uint64_t manifests) { line.show("manifests found", manifests, 0); });
  if (!found.answer.ok())
    findings.add(
        {Verdict::unknown, "not_listed", std::string(manifest_root), "can't be listed: " + found.answer.reason, {}});
  else if (found.chains.empty())
    findings.add({Verdict::unknown,
                  "no_manifests",
                  std::string(manifest_root),
                  "has no manifests of that capture: is this its store, with the same --store-opt?",
                  {}});
  return found;
}

} // namespace jetcapture::host
