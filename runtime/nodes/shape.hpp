#pragma once

/// What a value looks like on its way, as people read it: `u64`, `[text]`, `{i32, (f64, bool)?}`. A
/// coordinator and a node whose shapes of a task differ would read garbage, so they are not brought together.
///
///   i32, u8, f64     a number, by its kind and bits; an enumeration or a time as what represents it
///   bool, text       text16 and text32 are of wider characters
///   [T]              a list, a set; a map is a list of pairs
///   bits             a std::vector<bool>
///   (T, U)           a pair, a tuple
///   3 x T            an array
///   T?               a caf::optional
///   {T, U}           what its `inspect` names, of a value that is as it was made
///   ^2               the type that begins two brackets of `inspect` further out
///   nothing          a type without members, as caf::unit_t
///   other            whatever else, as what can't be made without arguments: it is the same as any other
///
/// So it does not tell apart what has other names, nor what an `inspect` does for some values only.

#include <caf/error.hpp>
#include <caf/meta/annotation.hpp>
#include <caf/optional.hpp>
#include <caf/serializer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeindex>
#include <typeinfo>
#include <utility>
#include <vector>

namespace weir::nodes {

/// An inspector that looks at types, not at values.
class shape_inspector {
public:
  using result_type = caf::error;
  static constexpr bool reads_state = true;
  static constexpr bool writes_state = false;

  template <class... Ts>
  caf::error operator()(Ts&&... members) {
    (add_member(members), ...);
    return {};
  }
  template <class T>
  caf::error apply(T& member) {
    return (*this)(member);
  }

  template <class T>
  void add();

  [[nodiscard]] std::string take() noexcept { return std::move(text_); }

private:
  template <class T>
  void add_member(const T&) {
    if constexpr (!caf::meta::is_annotation<T>::value)
      add_next<T>();
  }

  template <class T>
  void add_next() {
    if (!std::exchange(is_first_, false))
      text_ += ", ";
    add<T>();
  }

  /// `add_all()` adds what is between.
  template <class Add>
  void add_between(char open, char close, Add add_all) {
    text_ += open;
    const auto was_first = std::exchange(is_first_, true);
    add_all();
    is_first_ = was_first;
    text_ += close;
  }

  template <class T>
  void add_inspected();
  void add_number(char kind, std::size_t bytes) { text_ += kind + std::to_string(8 * bytes); }

  static constexpr std::size_t text_bytes_max = std::size_t{64} << 10;

  std::string text_;
  bool is_first_ = true;
  std::vector<std::type_index> within_;
};

namespace detail {

/// Whether CAF's serializer takes it.
template <class T>
concept crosses = requires(caf::serializer& f, T& x) { f.apply(x); };

template <class T>
concept inspected = std::default_initializable<T> && requires(shape_inspector& f, T& x) { inspect(f, x); };

template <class T, template <class...> class Of>
inline constexpr bool is_a = false;
template <template <class...> class Of, class... Ts>
inline constexpr bool is_a<Of<Ts...>, Of> = true;

/// Calls `f` with each part's type as a template argument.
template <class T>
struct parts {};
template <class... Ts>
struct parts<std::tuple<Ts...>> {
  template <class F>
  static void each(F f) {
    (f.template operator()<Ts>(), ...);
  }
};
template <class A, class B>
struct parts<std::pair<A, B>> : parts<std::tuple<std::remove_const_t<A>, B>> {};

template <class T>
struct array_parts {};
template <class T, std::size_t N>
struct array_parts<std::array<T, N>> {
  using element = T;
  static constexpr std::size_t count = N;
};
template <class T, std::size_t N>
struct array_parts<T[N]> : array_parts<std::array<T, N>> {};

}  // namespace detail

template <class T>
void shape_inspector::add() {
  // Types within types may be many.
  if (text_.size() > text_bytes_max)
    return;
  if constexpr (std::same_as<T, bool>)
    text_ += "bool";
  else if constexpr (std::is_floating_point_v<T>)
    add_number('f', sizeof(T));
  else if constexpr (std::is_integral_v<T>)
    add_number(std::is_signed_v<T> ? 'i' : 'u', sizeof(T));
  else if constexpr (std::same_as<T, std::string>)
    text_ += "text";
  else if constexpr (std::same_as<T, std::u16string>)
    text_ += "text16";
  else if constexpr (std::same_as<T, std::u32string>)
    text_ += "text32";
  else if constexpr (detail::is_a<T, caf::optional>) {
    add<typename T::type>();
    text_ += '?';
  } else if constexpr (detail::inspected<T>)
    add_inspected<T>();
  else if constexpr (std::is_enum_v<T>)
    add<std::underlying_type_t<T>>();
  else if constexpr (detail::is_a<T, std::chrono::duration>)
    add<std::conditional_t<std::is_floating_point_v<typename T::rep>, double, typename T::rep>>();
  else if constexpr (detail::is_a<T, std::chrono::time_point>)
    add<typename T::duration>();
  else if constexpr (requires { detail::array_parts<T>::count; }) {
    text_ += std::to_string(detail::array_parts<T>::count) + " x ";
    add<typename detail::array_parts<T>::element>();
  } else if constexpr (detail::is_a<T, std::pair> || detail::is_a<T, std::tuple>)
    add_between('(', ')', [this] {
      detail::parts<T>::each([this]<class Part>() { this->template add_next<Part>(); });
    });
  else if constexpr (std::same_as<T, std::vector<bool>>)
    text_ += "bits";
  else if constexpr (std::ranges::range<T>)
    add_between('[', ']', [this] { add<std::ranges::range_value_t<T>>(); });
  else if constexpr (std::is_empty_v<T>)
    text_ += "nothing";
  else {
    static_assert(
        detail::crosses<T>,
        "this type is part of a job or a result, and can't cross to a node: give it a function `inspect` "
        "or specialize weir::nodes::codec; in place of std::optional take caf::optional");
    text_ += "other";
  }
}

template <class T>
void shape_inspector::add_inspected() {
  const std::type_index me{typeid(T)};
  if (const auto found = std::find(within_.begin(), within_.end(), me); found != within_.end()) {
    text_ += '^' + std::to_string(within_.end() - found);
    return;
  }
  within_.push_back(me);
  add_between('{', '}', [this] {
    T value{};
    static_cast<void>(inspect(*this, value));
  });
  within_.pop_back();
}

/// Of what CAF's serializer writes of a `T`. One whose `inspect` throws for a value that is as it was made
/// has none.
template <class T>
[[nodiscard]] std::string inspected_shape() {
  shape_inspector to;
  try {
    to.add<T>();
  } catch (...) {
    return "other";
  }
  return to.take();
}

/// "job -> result", at most 80 characters of ASCII: of a long one the beginning, and a checksum of all of it.
[[nodiscard]] std::string task_shape(const std::string& job, const std::string& result);

}  // namespace weir::nodes
