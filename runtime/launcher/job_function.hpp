#pragma once

/// Makes a task of a flow out of a C++ callable. It takes `(Job)` or `(const weir::context&, Job)`
/// with Job = std::string, std::string_view, std::int64_t, double or weir::item, by value or by
/// reference to const. It returns text, a whole number, a double, a bool, a weir::record, a
/// caf::expected of one of these, or nothing; it may throw. The value becomes the field "result".
///
/// Invariant: the callable is only called as const, as several threads of a stage share it.

#include <weir/runtime/task.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// The item's input as the callable takes it; an error says what the item is and what is wanted.
[[nodiscard]] caf::expected<std::int64_t> integer_of(const item& job);
[[nodiscard]] caf::expected<double> number_of(const item& job);

/// A record with one field, "result".
[[nodiscard]] record result_record(value v);

/// For a whole number that has no place in 64 bits with a sign.
[[nodiscard]] caf::error result_too_large();

template <class Signature>
struct job_of;

template <class R, class Job>
struct job_of<std::function<R(Job)>> {
  using type = std::remove_cvref_t<Job>;
  static constexpr bool takes_context = false;
};

template <class R, class Context, class Job>
struct job_of<std::function<R(Context, Job)>> {
  static_assert(std::is_same_v<std::remove_cvref_t<Context>, context>,
                "a task takes (Job) or (const weir::context&, Job)");
  using type = std::remove_cvref_t<Job>;
  static constexpr bool takes_context = true;
};

template <class T>
inline constexpr bool is_job =
    std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view> ||
    std::is_same_v<T, std::int64_t> || std::is_same_v<T, double> || std::is_same_v<T, item>;

inline caf::expected<record> as_record(record r) {
  return r;
}
inline caf::expected<record> as_record(bool b) {
  return result_record(value{b});
}
inline caf::expected<record> as_record(double d) {
  return result_record(value{d});
}
inline caf::expected<record> as_record(std::string s) {
  return result_record(value{std::move(s)});
}
inline caf::expected<record> as_record(const char* s) {
  return result_record(value{std::string{s}});
}
inline caf::expected<record> as_record(std::string_view s) {
  return result_record(value{std::string{s}});
}

template <std::integral Number>
caf::expected<record> as_record(Number n) {
  if (!std::in_range<std::int64_t>(n))
    return result_too_large();
  return result_record(value{static_cast<std::int64_t>(n)});
}

template <class T>
caf::expected<record> as_record(caf::expected<T> e) {
  if (!e)
    return std::move(e.error());
  return as_record(std::move(*e));
}

inline caf::expected<record> as_record(const caf::expected<void>& e) {
  if (!e)
    return e.error();
  return record{};
}

template <class R>
inline constexpr bool is_result = std::is_void_v<R> || requires { as_record(std::declval<R>()); };
template <class R>
inline constexpr bool is_result<caf::expected<R>> = is_result<R>;

/// Calls `f` with what it returns turned into a record.
template <class F, class... Args>
caf::expected<record> call(const F& f, Args&&... args) {
  static_assert(is_result<std::invoke_result_t<const F&, Args...>>,
                "a task returns text, a whole number, a double, a bool, a weir::record, a caf::expected of "
                "one of these, or nothing");
  if constexpr (std::is_void_v<std::invoke_result_t<const F&, Args...>>) {
    std::invoke(f, std::forward<Args>(args)...);
    return record{};
  } else {
    return as_record(std::invoke(f, std::forward<Args>(args)...));
  }
}

template <class F>
task_function as_task(F f) {
  using signature = job_of<decltype(std::function{f})>;
  using job = typename signature::type;
  static_assert(is_job<job>,
                "a task's job is std::string, std::string_view, std::int64_t, double or weir::item");
  return [f = std::move(f)](const context& ctx, const item& from) -> caf::expected<record> {
    const auto with = [&](const auto& input) {
      if constexpr (signature::takes_context)
        return call(f, ctx, input);
      else
        return call(f, input);
    };
    if constexpr (std::is_same_v<job, item>) {
      return with(from);
    } else if constexpr (std::is_same_v<job, std::int64_t> || std::is_same_v<job, double>) {
      auto input = [&] {
        if constexpr (std::is_same_v<job, double>)
          return number_of(from);
        else
          return integer_of(from);
      }();
      if (!input)
        return std::move(input.error());
      return with(*input);
    } else {
      const auto* text = std::get_if<std::string>(&from.input);
      return text ? with(*text) : with(to_text(from.input));
    }
  };
}

}  // namespace weir::detail
