#pragma once

/// What is printed and written: the conditions, the table of figures, and the table of targets.

#include <iosfwd>
#include <string>
#include <vector>

#include "measure.hpp"

namespace bench {

struct measured_family {
  family what;
  std::vector<series> figures;
};

enum class verdict { met, missed, unknown };

/// How contestant `own` stands to one of its targets. `seen` becomes the text for people.
[[nodiscard]] verdict judge(const measured_family& m, std::size_t own, const target& t, std::string& seen);

/// Markdown: one table of figures, and one of targets. Returns whether no target was missed.
bool write_report(const std::vector<measured_family>& all, const std::vector<std::string>& conditions,
                  std::ostream& out);

/// The same as a page, with a section for each family. Its plot is the file `<id>.svg` in the folder `plots`.
void write_page(const std::vector<measured_family>& all, const std::vector<std::string>& conditions,
                const std::string& plots, std::ostream& out);

}  // namespace bench
