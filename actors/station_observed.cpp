/// What a station tells its observer.

#include <weir/actors/station.hpp>

namespace weir {

/// Runs the one job of a span.
std::uint64_t station::run_observed(lane& l, job_block& block, std::uint64_t first, time_point begun) {
  const attempt a{block.sequence() + first, l.attempt_, l.number_, block.admitted(first), begun};
  l.last_ = {};
  observer_->begins(a);
  const auto stop = block.run(first, l);
  if (stop == first && !l.repeat_)
    l.last_.how = attempt_end::how_t::not_started;
  l.last_.at = ctx_.time().now();
  observer_->ends(a, l.last_);
  return stop;
}

/// With the lock held, before the lane's counts are taken from it.
void station::note_outcome(const lane& l, const job_span& done) {
  if (!observer_)
    return;
  const auto kind = l.failed_ > 0     ? outcome_kind::failed
                    : l.canceled_ > 0 ? outcome_kind::canceled
                                      : outcome_kind::completed;
  untold_.push_back({done, l.attempt_, kind, ctx_.time().now(), l.last_.why});
}

void station::tell(const news& n) const {
  for (auto i = n.jobs.first; i < n.jobs.last; ++i)
    observer_->ends(
        job_end{n.jobs.block->sequence() + i, n.attempts, n.kind, n.jobs.block->admitted(i), n.at, n.why});
}

/// Between the moment when all is at rest and the one when others learn of it.
void station::tell_rest(lock_type& held) {
  ending_ = true;
  auto books = ended_;
  const auto at_door = door_.count();
  books.offered = at_door.offered;
  books.admitted = at_door.admitted;
  books.rejected = at_door.rejected;
  const auto why = stopped_by_;
  held.unlock();
  observer_->at_rest(books, why ? &*why : nullptr, ctx_.time().now());
  held.lock();
}

}  // namespace weir
