#pragma once

/// Checks one table of a flow's config against its specs: every key known, of the right type and
/// within its range, none missing; defaults filled in.

#include <weir/runtime/launcher/document.hpp>
#include <weir/runtime/launcher/problems.hpp>
#include <weir/runtime/settings.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

/// The value of `spec` in `given`, or nothing and a problem at `key`.
[[nodiscard]] std::optional<setting> check_setting(const node& given, const setting_spec& spec,
                                                   const std::string& key, problems& found);

/// What to say of a key that this table doesn't know: where it belongs, or nothing to leave it to
/// the nearest known key.
using stray_key = std::function<std::optional<std::string>(std::string_view key)>;

/// Checks the entries of `table`, whose path is `path` ("stage[0]"). The settings are complete only
/// if no problem was found.
[[nodiscard]] settings check_table(const node& table, const std::string& path,
                                   const std::vector<setting_spec>& specs, const stray_key& stray,
                                   problems& found);

/// "a whole number from 1 to 1024", "one of "a", "b"", "a string", … for messages and lists.
[[nodiscard]] std::string allowed(const setting_spec& spec);

/// The value as TOML: `"text"`, `5`, `["a", "b"]`; empty for none.
[[nodiscard]] std::string as_toml(const setting& v, setting_type type);

}  // namespace weir::config
