#include "tools/ledger/flags.hpp"

#include "settings/flags.hpp"

namespace jetcapture::host {

std::vector<std::string_view> server_flags() {
  std::vector<std::string_view> names(backup_flags.begin(), backup_flags.end());
  for (const Flag &flag : flags())
    if (flag.group == FlagGroup::connection && flag.kind != FlagKind::secret)
      names.push_back(flag.name);
  return names;
}

} // namespace jetcapture::host
