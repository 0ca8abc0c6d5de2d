#include <weir/actors/error.hpp>
#include <weir/runtime/link/record_stream.hpp>

#include <algorithm>
#include <utility>

namespace weir::link {

namespace {

constexpr std::size_t bytes_at_first = 4096;
/// Several records, so that what is read seldom has to be moved.
constexpr std::size_t bytes_max = 6 * record_limits::record_bytes_max;

}  // namespace

record_stream::record_stream(std::unique_ptr<channel> over, role ours)
    : over_(std::move(over)), reader_(ours), buffer_(bytes_at_first) {}

asio::awaitable<record> record_stream::next() {
  first_ += std::exchange(handled_, 0);
  for (;;) {
    auto read = reader_.next(std::span{buffer_}.subspan(first_, last_ - first_));
    if (!read)
      throw thrown_error{std::move(read.error())};
    if (*read) {
      handled_ = (*read)->bytes;
      co_return **read;
    }
    make_room();
    const auto room = std::span{buffer_}.subspan(last_);
    last_ += co_await over_->read_some(room);
    heard_ = std::chrono::steady_clock::now();
  }
}

/// It grows with what has come, not with what was announced.
void record_stream::make_room() {
  if (first_ == last_)
    first_ = last_ = 0;
  if (last_ < buffer_.size())
    return;
  const auto full = last_ - first_ > buffer_.size() / 2;
  if (full)
    buffer_.resize(std::min(2 * buffer_.size(), bytes_max));
  // What is not whole yet moves seldom, as there is room for several records.
  if (!full || last_ == buffer_.size()) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(first_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(last_), buffer_.begin());
    last_ -= std::exchange(first_, 0);
  }
}

asio::awaitable<void> record_stream::write(record_kind kind, std::string_view content) {
  std::vector<std::byte> whole;
  append_record(whole, kind, content);
  co_await over_->write(whole);
}

asio::awaitable<void> record_stream::write(record_kind kind, std::span<std::byte> whole) {
  write_head(whole.first<record_limits::head_bytes>(), kind, whole.size() - record_limits::head_bytes);
  co_await over_->write(whole);
}

}  // namespace weir::link
