#pragma once

/// Draws the figures of a family, with gnuplot.

#include <string>

#include "report.hpp"

namespace bench {

/// Writes to the file `path` an SVG: a bar for each contestant's median, with a whisker from its lowest to
/// its highest figure; on a logarithmic axis where the bars would be too unlike. The same figures give the
/// same file. Returns why there is none, or nothing.
[[nodiscard]] std::string draw(const measured_family& m, const std::string& path);

}  // namespace bench
