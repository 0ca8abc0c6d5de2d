#pragma once

/// Runs a task of Weir's as a flow would.

#include <weir/runtime/kinds.hpp>

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <utility>

namespace weir_test {

using given = std::initializer_list<std::pair<const char*, weir::setting>>;

inline weir::settings settings_of(const std::vector<weir::setting_spec>& specs, given values) {
  weir::settings all;
  for (const auto& spec : specs)
    all.set(spec.name, spec.fallback);
  for (const auto& [name, v] : values)
    all.set(name, v);
  return all;
}

inline weir::task_function made(const weir::task_kind& kind, given values = {}) {
  auto task = kind.make(settings_of(kind.accepts, values));
  BOOST_REQUIRE(task);
  return *task;
}

inline caf::expected<weir::record> run(const weir::task_function& task, weir::value input,
                                       const weir::context& ctx = weir::context::background()) {
  auto name = weir::to_text(input);
  return task(ctx, weir::item{std::move(input), std::move(name)});
}

inline std::string names_of(const weir::record& r) {
  std::string names;
  for (const auto& f : r.fields)
    names += (names.empty() ? "" : " ") + f.name;
  return names;
}

inline std::int64_t number(const weir::record& r, std::string_view name) {
  const auto* v = r.find(name);
  BOOST_REQUIRE(v);
  return std::get<std::int64_t>(*v);
}

inline std::string text(const weir::record& r, std::string_view name) {
  const auto* v = r.find(name);
  BOOST_REQUIRE(v);
  return weir::to_text(*v);
}

}  // namespace weir_test
