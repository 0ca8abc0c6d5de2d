#pragma once

/// What a pipeline reads: one range on the thread that runs it, or several, each on a thread of its own.

#include <weir/actors/sync.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir::detail {

template <class View>
inline constexpr bool owns_items = false;
template <class Range>
inline constexpr bool owns_items<std::ranges::owning_view<Range>> = true;

/// Makes an item of what a view gives: what it makes itself is moved on, and so is what it owns, as it is
/// read once; of all else a copy.
template <class Item, class View>
Item item_of(std::ranges::range_reference_t<View>&& value) {
  if constexpr (owns_items<View> || !std::is_lvalue_reference_v<std::ranges::range_reference_t<View>>)
    return Item(std::move(value));
  else
    return Item(std::as_const(value));
}

/// `put(item)` until it says no or the view is at its end.
template <class Item, class View, class Put>
void read_view(View& view, const Put& put) {
  for (auto&& value : view)
    if (!put(item_of<Item, View>(std::forward<decltype(value)>(value))))
      return;
}

template <class View>
struct range_source {
  using item = std::ranges::range_value_t<View>;

  View view;

  template <class Feed>
  void read(Feed& to) {
    read_view<item>(view, [&](item&& value) { return to.put(std::move(value)); });
  }
};

/// Calls each of `readers` on a thread of its own, the last on this one, and waits for all. What one of them
/// throws is thrown on, after `failed` was called with it so that the others end soon; std::system_error if
/// the system has no thread left.
template <class Failed>
void read_side_by_side(const std::vector<std::function<void()>>& readers, Failed failed) {
  sync::mutex mutex;
  std::exception_ptr first;
  const auto guarded = [&](const std::function<void()>& reader) {
    try {
      reader();
    } catch (...) {
      {
        std::lock_guard guard{mutex};
        if (first)
          return;
        first = std::current_exception();
      }
      failed(std::current_exception());
    }
  };
  {
    std::vector<sync::jthread> others;
    guarded([&] {
      for (std::size_t i = 0; i + 1 < readers.size(); ++i)
        others.emplace_back([&, i] { guarded(readers[i]); });
      if (!readers.empty())
        readers.back()();
    });
  }
  if (first)
    std::rethrow_exception(first);
}

/// Several views as one. An item waits for its turn in the hands of its reader, and its turn is its index: so
/// one reader at a time is at the first stage, and nothing is buffered before it.
template <class Item, class Views>
struct merged_source {
  using item = Item;

  Views views;  // a tuple, or a vector where how many they are is not known before

  template <class Feed>
  void read(Feed& to) {
    sync::mutex turn;
    const auto put = [&](Item&& value) {
      std::lock_guard guard{turn};
      return to.put(std::move(value));
    };
    std::vector<std::function<void()>> readers;
    const auto add = [&](auto& view) { readers.emplace_back([&] { read_view<Item>(view, put); }); };
    if constexpr (std::ranges::range<Views>)
      std::ranges::for_each(views, add);
    else
      std::apply([&](auto&... each) { (add(each), ...); }, views);
    read_side_by_side(readers, [&](const std::exception_ptr& thrown) { to.fail(thrown); });
  }
};

/// How a range of ranges is read: what it owns is taken out of it.
template <class Ranges>
using inner_view = std::conditional_t<owns_items<std::views::all_t<Ranges>>,
                                      std::views::all_t<std::ranges::range_value_t<Ranges>>,
                                      std::views::all_t<std::ranges::range_reference_t<Ranges>>>;

template <class Ranges>
std::vector<inner_view<Ranges>> inner_views(Ranges&& ranges) {
  std::vector<inner_view<Ranges>> views;
  for (auto&& r : ranges)
    if constexpr (owns_items<std::views::all_t<Ranges>>)
      views.push_back(std::views::all(std::move(r)));
    else
      views.push_back(std::views::all(std::forward<decltype(r)>(r)));
  return views;
}

}  // namespace weir::detail
