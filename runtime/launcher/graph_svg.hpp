#pragma once

/// The graph of a flow as a picture that needs no other program.

#include <weir/runtime/launcher/flow_outline.hpp>

#include <string>

namespace weir::config {

/// An SVG document: boxes in columns from left to right, each as far right as its longest way from a source,
/// and straight arrows. An arrow over several columns has a place of its own in each, so that it crosses no
/// box. Readable for some twenty parts.
[[nodiscard]] std::string graph_svg(const flow_outline& flow);

}  // namespace weir::config
