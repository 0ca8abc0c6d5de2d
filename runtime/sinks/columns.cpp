#include <weir/runtime/sinks/columns.hpp>

#include <algorithm>

namespace weir::detail {

void columns::take(const record& first) {
  known_ = true;
  for (const auto& f : first.fields)
    if (std::find(names_.begin(), names_.end(), f.name) == names_.end())
      names_.push_back(f.name);
  for (const auto* own : {"name", "path", "item"})
    if (const auto at = std::find(names_.begin(), names_.end(), own); at != names_.end()) {
      item_column_ = static_cast<std::size_t>(at - names_.begin());
      return;
    }
  name_leads_ = true;
  names_.insert(names_.begin(), "name");
}

columns::row columns::row_of(const item& from, const record& result, cell_text text) const {
  row made;
  made.cells.resize(names_.size());
  const std::size_t first = name_leads_ ? 1 : 0;
  if (name_leads_)
    made.cells[0] = text(value{from.name});
  for (std::size_t i = 0; i < result.fields.size(); ++i) {
    const auto& f = result.fields[i];
    // Nearly all records of a task have the same fields in the same order.
    auto at = i + first;
    if (at >= names_.size() || names_[at] != f.name)
      at = static_cast<std::size_t>(
          std::find(names_.begin() + static_cast<std::ptrdiff_t>(first), names_.end(), f.name) -
          names_.begin());
    if (at < names_.size())
      made.cells[at] = text(f.content);
    else
      made.others.push_back(&f);
  }
  return made;
}

}  // namespace weir::detail
