#include "audit/line_states.hpp"

#include <algorithm>

namespace jetcapture::host {

std::string_view to_string(LineState state) {
  switch (state) {
  case LineState::done:
    return "done";
  case LineState::pending:
    return "pending";
  case LineState::retired:
    return "retired";
  case LineState::voided:
    return "void";
  case LineState::superseded:
    return "superseded";
  case LineState::unknown:
    break;
  }
  return "unknown";
}

LineState state_of(Declared declared, ObjectState object) {
  if (declared == Declared::voided)
    return LineState::voided;
  if (declared == Declared::retired)
    return LineState::retired;
  if (declared == Declared::done || object == ObjectState::same || object == ObjectState::unproven)
    return LineState::done;
  return object == ObjectState::unknown ? LineState::unknown : LineState::pending;
}

ObjectState compare(const BlockLine &line, const jetcapture_object_status &status) {
  if (status.exists == 0)
    return ObjectState::missing;
  if (status.bytes != line.bytes)
    return ObjectState::differs;
  if (status.hash_source == JETCAPTURE_HASH_NONE)
    return ObjectState::unproven;
  if (!std::equal(line.sha256.begin(), line.sha256.end(), status.sha256))
    return ObjectState::differs;
  return status.hash_source == JETCAPTURE_HASH_VERIFIED ? ObjectState::same : ObjectState::unproven;
}

std::vector<Declared> Declarations::take(const Manifest &manifest) {
  contradicts_ = false;
  const auto add = [&](const std::vector<LineRun> &runs, Declared as) {
    for (const LineRun &run : runs) {
      if (run.manifest > manifest.number)
        contradicts_ = true;
      else
        runs_[run.manifest].push_back({run, as});
    }
  };
  add(manifest.done, Declared::done);
  add(manifest.voided, Declared::voided);
  std::vector<Declared> declared(manifest.lines.size(), Declared::nothing);
  for (const Run &run : runs_[manifest.number]) {
    if (run.lines.last >= declared.size()) {
      contradicts_ = true;
      continue;
    }
    for (std::size_t line = run.lines.first; line <= run.lines.last; line++) {
      contradicts_ = contradicts_ || (declared[line] != Declared::nothing && declared[line] != run.as);
      // Void is final.
      declared[line] = declared[line] == Declared::voided ? Declared::voided : run.as;
    }
  }
  // Others of this number may follow, of a store that can't put without replacing; those behind it don't.
  runs_.erase(runs_.upper_bound(manifest.number), runs_.end());
  return declared;
}

} // namespace jetcapture::host
