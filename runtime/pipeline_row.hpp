#pragma once

/// Steps in a row and what is at their end: a sink, or branches, which are rows themselves. A run makes its
/// links from the end to the front, the last branch first.

#include <weir/runtime/pipeline_batch.hpp>
#include <weir/runtime/pipeline_step.hpp>

#include <array>
#include <concepts>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

namespace weir::detail {

template <class End, class... Steps>
class row {
  /// What follows the first steps.
  template <std::size_t I>
  struct rest {
    static constexpr bool begins_with_stage = [] {
      if constexpr (I < sizeof...(Steps))
        return is_working_step<std::tuple_element_t<I, std::tuple<Steps...>>>;
      else
        return false;
    }();

    const row& of;

    template <class In>
    inlet<In> make_inlet(const assembly& a, const context& within) const {
      if constexpr (I < sizeof...(Steps))
        return std::get<I>(of.steps_).template make_inlet<In>(a, within, rest<I + 1>{of});
      else
        return of.end_.template make_inlet<In>(a, within);
    }

    template <class In>
    auto make_stage(const assembly& a, std::shared_ptr<doorbell> bell) const {
      return std::get<I>(of.steps_).template make_stage<In>(a, std::move(bell), rest<I + 1>{of});
    }
  };

public:
  static constexpr bool begins_with_stage = rest<0>::begins_with_stage;

  row(std::tuple<Steps...> steps, End end) : steps_(std::move(steps)), end_(std::move(end)) {}

  /// The way in for who waits for room within `within`.
  template <class In>
  inlet<In> make_inlet(const assembly& a, const context& within) const {
    return rest<0>{*this}.template make_inlet<In>(a, within);
  }

  /// The first stage itself.
  template <class In>
  auto make_stage(const assembly& a, std::shared_ptr<doorbell> bell) const {
    return rest<0>{*this}.template make_stage<In>(a, std::move(bell));
  }

private:
  std::tuple<Steps...> steps_;
  End end_;
};

template <class G>
struct into_end {
  std::shared_ptr<G> sink;

  template <class In>
  inlet<In> make_inlet(const assembly& a, const context&) const {
    return [run = a.run, to = sink](std::uint64_t index, In&& value) {
      if (!run->enter_sink())
        return false;
      const auto taken = run_task(*to, run->ctx(), value);
      if (taken)
        run->count_delivered();
      else if (!run->ctx().explains(taken.error()))
        run->failed({index, {}, taken.error(), 1});
      return true;
    };
  }
};

/// Calls `make(I)` for each branch, the last one first: stages are told of in the reverse order.
template <std::size_t N, class Make>
void for_branches_backwards(Make make) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (make(std::integral_constant<std::size_t, N - 1 - I>{}), ...);
  }(std::make_index_sequence<N>{});
}

template <class... Rows>
struct broadcast_end {
  static constexpr std::size_t count = sizeof...(Rows);

  std::tuple<Rows...> branches;

  template <class In>
  inlet<In> make_inlet(const assembly& a, const context& within) const {
    static_assert(
        std::copy_constructible<In>,
        "broadcast gives each branch an item of its own, so that it must be one that can be copied; "
        "of what can't be, broadcast a std::shared_ptr");
    std::array<inlet<In>, count> ways;
    for_branches_backwards<count>(
        [&](auto i) { ways[i] = std::get<i>(branches).template make_inlet<In>(a, within); });
    return [ways = std::move(ways)](std::uint64_t index, In&& value) {
      auto open = true;
      for (std::size_t i = 0; i + 1 < count; ++i)
        open = ways[i](index, In(std::as_const(value))) && open;
      return ways[count - 1](index, std::move(value)) && open;
    };
  }
};

template <class... Rows>
struct balance_end {
  static constexpr std::size_t count = sizeof...(Rows);

  std::tuple<Rows...> branches;

  template <class In>
  inlet<In> make_inlet(const assembly& a, const context& within) const {
    const auto bell = std::make_shared<doorbell>();
    auto to = std::make_shared<chooser<In>>(within, bell, count);
    for_branches_backwards<count>([&](auto i) {
      to->branches[i] = branch_of<In>(std::get<i>(branches).template make_stage<In>(a, bell), within);
    });
    return [to = std::move(to)](std::uint64_t index, In&& value) { return to->put(index, std::move(value)); };
  }

private:
  template <class In>
  struct branch {
    std::function<offered(std::uint64_t, In&)> offer;
    inlet<In> submit;  // null where an item waits for room
    std::function<policy::balance::load()> load;
  };

  template <class In, class Link>
  static branch<In> branch_of(std::shared_ptr<Link> first, const context& within) {
    branch<In> b{[first](std::uint64_t index, In& value) { return first->offer(index, value); },
                 {},
                 [first] { return first->load(); }};
    if (!first->blocks())
      b.submit = [first, within](std::uint64_t index, In&& value) {
        return first->submit(within, index, std::move(value));
      };
    return b;
  }

  /// Gives each item to the first branch in the order of their loads that has room. While none has, it waits;
  /// but where a branch does not let items wait, it decides. For one thread at a time.
  template <class In>
  struct chooser {
    chooser(context ctx, std::shared_ptr<doorbell> rung, std::size_t n)
        : within(std::move(ctx)), bell(std::move(rung)), branches(n), loads(n), next(n) {}

    bool put(std::uint64_t index, In&& value) {
      while (!within.canceled()) {
        // Asked before the branches are: what is taken meanwhile has rung since.
        const auto heard = bell->count();
        for (std::size_t i = 0; i < branches.size(); ++i)
          loads[i] = branches[i].load();
        const inlet<In>* decides = nullptr;
        for (const auto i : next.order(loads)) {
          const auto how = branches[i].offer(index, value);
          if (how == offered::taken)
            next.took(i);
          if (how != offered::not_now)
            return how == offered::taken;
          if (!decides && branches[i].submit)
            decides = &branches[i].submit;
        }
        if (decides)
          return (*decides)(index, std::move(value));
        bell->wait(heard, within);
      }
      return false;
    }

    context within;
    std::shared_ptr<doorbell> bell;
    std::vector<branch<In>> branches;
    std::vector<policy::balance::load> loads;
    policy::balance next;
  };
};

template <class Step>
inline constexpr bool is_step = is_working_step<Step>;
template <>
inline constexpr bool is_step<batch_step> = true;
template <>
inline constexpr bool is_step<timed_batch_step> = true;

template <class End>
inline constexpr bool is_end = false;
template <class G>
inline constexpr bool is_end<into_end<G>> = true;
template <class... Rows>
inline constexpr bool is_end<broadcast_end<Rows...>> = true;
template <class... Rows>
inline constexpr bool is_end<balance_end<Rows...>> = true;

template <class Branch>
inline constexpr bool is_row = false;
template <class End, class... Steps>
inline constexpr bool is_row<row<End, Steps...>> = true;

/// What can be a branch: a row, or an end alone.
template <class Branch>
concept branch = is_row<Branch> || is_end<Branch>;

template <class Branch>
auto as_row(Branch b) {
  if constexpr (is_row<Branch>)
    return b;
  else
    return row<Branch>{{}, std::move(b)};
}

template <class Branch>
using row_of = decltype(as_row(std::declval<Branch>()));

/// Steps that have no end yet, and what they follow.
template <class Front, class... Steps>
struct line {
  Front front;
  std::tuple<Steps...> steps;

  template <class Step>
    requires is_step<Step>
  friend auto operator|(line l, Step step) {
    return line<Front, Steps..., Step>{std::move(l.front),
                                       std::tuple_cat(std::move(l.steps), std::tuple<Step>{std::move(step)})};
  }

  template <class End>
    requires is_end<End>
  friend auto operator|(line l, End end) {
    return std::move(l.front).close(row<End, Steps...>{std::move(l.steps), std::move(end)});
  }
};

/// In front of a branch there is nothing.
struct branch_front {
  template <class Row>
  Row close(Row r) && {
    return r;
  }
};

template <class Step, class Next>
  requires is_step<Step> && (is_step<Next> || is_end<Next>)
auto operator|(Step step, Next next) {
  return line<branch_front, Step>{{}, std::tuple<Step>{std::move(step)}} | std::move(next);
}

}  // namespace weir::detail
