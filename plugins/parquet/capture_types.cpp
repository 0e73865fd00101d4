#include "parquet/capture_types.hpp"

#include "jetcapture/plugin.hpp"
#include "parquet/type_text.hpp"

namespace jetcapture::plugins {

CaptureTypes::CaptureTypes(const jetcapture_host *host, NestedJson nested) : host_(host), nested_(nested) {
  if (host_ == nullptr)
    return;
  memory_ = static_cast<const jetcapture_memory *>(host_->extension(host_, JETCAPTURE_MEMORY));
  if (memory_ != nullptr)
    read(std::string(view(memory_->get(memory_))));
}

void CaptureTypes::read(const std::string &kept) {
  if (kept.empty())
    return;
  if (std::optional<std::vector<NamedType>> columns = parse_types(kept)) {
    for (NamedType &column : *columns)
      types_.insert_or_assign(std::move(column.name), std::move(column.type));
    return;
  }
  Host(host_).warn("what an earlier run kept of the types of this capture's columns can't be read; they are chosen "
                   "anew, so that new files may have other types than old ones");
}

void CaptureTypes::settle(Column &rows) {
  const std::lock_guard lock(mutex_);
  bool changed = false;
  for (std::uint32_t i = 0; i < rows.members().size(); i++) {
    Column &column = rows.member(i);
    const auto found = types_.find(column.name());
    column.settle(found == types_.end() ? Type() : found->second, nested_);
    if (host_ == nullptr || (found != types_.end() && found->second == column.type()))
      continue;
    types_.insert_or_assign(column.name(), column.type());
    changed = true;
  }
  if (changed)
    keep();
}

void CaptureTypes::keep() {
  if (memory_ == nullptr)
    return;
  std::vector<NamedType> columns;
  for (const auto &[name, type] : types_)
    columns.push_back({name, type});
  const std::string kept = text_of(columns);
  // Where that fails, the host's log says why, and the next column that changes tries again.
  static_cast<void>(memory_->set(memory_, text(kept)));
}

} // namespace jetcapture::plugins
