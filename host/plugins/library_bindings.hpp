// What a plug-in calls in another library than the one that it was linked with.
//
// The loader looks for a name in the host and its libraries first, and only then in the plug-in and what it was linked
// with. Where both have a library of their own, maybe in two versions, the plug-in calls the host's.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace jetcapture::host {

struct ForeignBinding {
  std::string symbol;
  std::string bound; // the library that the plug-in calls
  std::string own;   // the one that it was linked with; where that is linked in, the plug-in itself
};

// The libraries that are loaded when this is made: before any plug-in, those of the host.
class HostLibraries {
public:
  HostLibraries();

  // Of a plug-in that is loaded. A name that the host itself calls in another library than the one that defines it
  // first (LD_PRELOAD) is not among them. Throws UnusableReason where the file can't be read any more.
  std::vector<ForeignBinding> foreign_bindings(const std::filesystem::path &plugin) const;

private:
  std::set<std::string> files_;
};

} // namespace jetcapture::host
