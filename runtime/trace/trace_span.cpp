#include <weir/runtime/trace/trace_scope.hpp>
#include <weir/runtime/trace/trace_span.hpp>
#include <weir/runtime/trace/tracer.hpp>

#include <cassert>

namespace weir {

namespace detail {

open_span*& innermost_span() noexcept {
  thread_local open_span* innermost = nullptr;
  return innermost;
}

namespace {

void add_event(open_span& to, std::string name, std::vector<span_attribute> attributes) {
  to.span.add({std::move(name), to.to->time().now(), std::move(attributes)});
}

}  // namespace

}  // namespace detail

using detail::innermost_span;

std::optional<trace_context> current_trace() {
  const auto* open = innermost_span();
  return open ? std::optional{open->span.at} : std::nullopt;
}

void trace_event(std::string name, std::vector<span_attribute> attributes) {
  if (auto* open = innermost_span())
    detail::add_event(*open, std::move(name), std::move(attributes));
}

void trace_attribute(std::string_view key, span_value content) {
  if (auto* open = innermost_span())
    open->span.set(key, std::move(content));
}

trace_span::trace_span(std::string name) {
  if (const auto* outer = innermost_span())
    open(outer->to, &outer->span.at, std::move(name), outer->span.place, outer->span.lane);
}

trace_span::trace_span(std::string name, const trace_context& parent) {
  if (const auto* outer = innermost_span())
    open(outer->to, &parent, std::move(name), outer->span.place, outer->span.lane);
}

trace_span::trace_span(const context& ctx, std::string name) {
  if (const auto* outer = innermost_span()) {
    open(outer->to, &outer->span.at, std::move(name), outer->span.place, outer->span.lane);
  } else if (const auto* scope = detail::trace_scope::of(ctx)) {
    auto place = scope->to()->place(name, {});
    open(scope->to(), scope->parent(), std::move(name), std::move(place), {});
  }
}

void trace_span::open(std::shared_ptr<tracer> to, const trace_context* parent, std::string name,
                      std::shared_ptr<const trace_place> place, std::optional<std::size_t> lane) {
  auto& mine = open_.emplace();
  mine.span.at = to->below(parent);
  mine.span.parent = parent ? parent->span : 0;
  mine.span.name = std::move(name);
  mine.span.begun = to->time().now();
  mine.span.place = std::move(place);
  mine.span.lane = lane;
  mine.to = std::move(to);
  mine.outer = std::exchange(innermost_span(), &mine);
}

trace_span::~trace_span() {
  if (!open_)
    return;
  assert(innermost_span() == &*open_ && "parts of a span end in the reverse order of their beginning");
  innermost_span() = open_->outer;
  open_->span.ended = open_->to->time().now();
  open_->to->record(std::move(open_->span));
}

void trace_span::event(std::string name, std::vector<span_attribute> attributes) {
  if (open_)
    detail::add_event(*open_, std::move(name), std::move(attributes));
}

void trace_span::set(std::string_view key, span_value content) {
  if (open_)
    open_->span.set(key, std::move(content));
}

void trace_span::fail(const caf::error& why) {
  if (open_)
    open_->span.fail(why, open_->to->time().now());
}

std::optional<trace_context> trace_span::at() const {
  return open_ ? std::optional{open_->span.at} : std::nullopt;
}

}  // namespace weir
