#pragma once

/// Kinds with the names and some settings of Weir's own, which do nothing but count how often one
/// was made: so that the check of flow files is tested without files and processes.

#include <weir/runtime/kinds.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace stand_in {

struct counts {
  int sources = 0;
  int tasks = 0;
  int sinks = 0;
};

struct nothing_source final : weir::source {
  caf::expected<std::optional<weir::item>> next(const weir::context&) override {
    return std::optional<weir::item>{};
  }
};

struct nothing_sink final : weir::sink {
  using weir::sink::put;
  caf::error put(const weir::completed_item&) override { return {}; }
  caf::error finish() override { return {}; }
};

inline weir::setting_spec spec(const char* name, weir::setting_type type, weir::setting fallback,
                               bool required = false) {
  weir::setting_spec s;
  s.name = name;
  s.type = type;
  s.fallback = std::move(fallback);
  s.meaning = "what a test needs";
  s.required = required;
  return s;
}

inline weir::source_kind source(const char* name, std::vector<weir::setting_spec> accepts, counts& made) {
  return {name, "a source", std::move(accepts), [&made](const weir::settings&) {
            ++made.sources;
            return caf::expected<std::unique_ptr<weir::source>>{std::make_unique<nothing_source>()};
          }};
}

inline weir::task_kind task(const char* name, std::vector<weir::setting_spec> accepts, counts& made) {
  return {name, "a task", std::move(accepts),
          [&made](const weir::settings& s) -> caf::expected<weir::task_function> {
            ++made.tasks;
            if (s.has("fails"))
              return weir::make_error(weir::ec::invalid_option, s.get<std::string>("fails"));
            return weir::task_function{[](const weir::context&, const weir::item&) {
              return caf::expected<weir::record>{weir::record{}};
            }};
          }};
}

inline weir::sink_kind sink(const char* name, counts& made) {
  return {name, "a sink", {spec("path", weir::setting_type::text, "-")}, [&made](const weir::settings&) {
            ++made.sinks;
            return caf::expected<std::unique_ptr<weir::sink>>{std::make_unique<nothing_sink>()};
          }};
}

/// `made` must outlive the kinds.
inline weir::kinds kinds(counts& made) {
  using namespace std::chrono_literals;
  using type = weir::setting_type;
  auto symlinks = spec("symlinks", type::choice, "skip");
  symlinks.choices = {"skip", "follow"};
  auto grace = spec("grace", type::time_span, weir::duration{2s});
  grace.max = 3600;
  auto output_limit = spec("output_limit", type::size, std::int64_t{1 << 20});
  output_limit.max = 1 << 30;
  auto fails = spec("fails", type::text, {});
  weir::kinds all;
  all.sources = {
      source("files",
             {spec("root", type::text, "."), spec("match", type::texts, std::vector<std::string>{"**/*"}),
              symlinks, spec("hidden", type::boolean, true)},
             made),
      source("lines", {spec("path", type::text, "-")}, made), source("range", {}, made)};
  // The settings of `settings` are looked up by name, so each task has a setting `fails`.
  all.tasks = {task("sha256", {fails}, made), task("square", {fails}, made),
               task("exec", {spec("command", type::texts, {}, true), grace, output_limit, fails}, made)};
  all.sinks = {sink("table", made), sink("jsonl", made), sink("tsv", made), sink("sha256sum", made)};
  return all;
}

}  // namespace stand_in
