// How a stream that is being restored is known, by the run that restores it and by later ones: until all of it is
// proven it listens on a subject of its own, and bears a mark that names the run. A stream without both is somebody
// else's.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace jetcapture::host {

struct RestoreMark {
  std::string run;   // a random text
  std::string inbox; // the run listens there as long as it lives
  bool operator==(const RestoreMark &) const = default;
};

// The subject on which the stream listens meanwhile.
std::string private_subject(const RestoreMark &mark);

// Puts the mark into the configuration: metadata, or the description for servers before 2.10, which have no metadata.
void set_mark(nlohmann::json &configuration, const RestoreMark &mark, bool has_metadata);
// nullopt: it bears none.
std::optional<RestoreMark> mark_of(const nlohmann::json &configuration);

} // namespace jetcapture::host
