#include <weir/actors/policy/time.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/system/system_error.hpp>
#include <weir/runtime/tasks/capture.hpp>
#include <weir/runtime/tasks/command_image.hpp>
#include <weir/runtime/tasks/guardian.hpp>
#include <weir/runtime/tasks/process.hpp>
#include <weir/runtime/tasks/process_group.hpp>
#include <weir/runtime/tasks/spawn.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>

namespace weir {

namespace {

using detail::capture;
using detail::unique_fd;
using std::chrono::milliseconds;

// How often to look whether the rest of a group has gone. Nothing else tells us: they are not our children.
constexpr auto group_look = milliseconds{1};

// After KILL a process goes as soon as the kernel lets it. What is still there then hangs in the kernel, and
// runs no more of its program.
constexpr auto killed_group_wait_max = std::chrono::seconds{5};

time_point steady_now() {
  return std::chrono::steady_clock::now();
}

/// Watches one command from its start until its group is gone.
class watched_command {
public:
  watched_command(const process_spec& spec, detail::spawned child, guardian::place in_table, capture out,
                  capture err, time_point started)
      : spec_(spec),
        child_(std::move(child)),
        group_(child_.pid),
        in_table_(std::move(in_table)),
        out_(std::move(out)),
        err_(std::move(err)),
        started_(started) {
    if (spec.timeout)
      times_out_at_ = policy::after(started_, *spec.timeout);
  }

  watched_command(watched_command&&) noexcept = default;

  /// Only a watch that was given up for lack of memory leaves something to end here.
  ~watched_command() {
    if (child_.handle && !leader_gone_) {
      kill_group();
      reap();
    }
  }

  /// `wake` becomes readable when the command is no longer wanted.
  void watch(int wake) {
    while (!at_rest()) {
      std::array<pollfd, 4> ready{{{leader_gone_ ? -1 : child_.handle.get(), POLLIN, 0},
                                   {out_.fd(), POLLIN, 0},
                                   {err_.fd(), POLLIN, 0},
                                   {phase_ == phase::running ? wake : -1, POLLIN, 0}}};
      if (::poll(ready.data(), ready.size(), poll_milliseconds()) > 0) {
        out_.take(ready[1].revents);
        err_.take(ready[2].revents);
        if (ready[0].revents != 0)
          leader_ended();
        if (ready[3].revents != 0 && phase_ == phase::running) {
          canceled_ = true;
          terminate();
        }
      }
      act_on_time();
    }
    // A process whose first thread has ended is taken for a zombie; if it ignored TERM, it goes now.
    if (phase_ == phase::terminating)
      kill_group();
    detail::take_rest(out_, err_);
    wall_ = steady_now() - started_;
  }

  [[nodiscard]] bool canceled() const noexcept { return canceled_; }
  [[nodiscard]] bool status_lost() const noexcept { return status_lost_; }

  [[nodiscard]] process_result result() {
    process_result r;
    r.exit_status = WIFEXITED(status_) ? WEXITSTATUS(status_) : 0;
    r.signal = WIFSIGNALED(status_) ? WTERMSIG(status_) : 0;
    r.timed_out = timed_out_;
    r.out_truncated = out_.truncated();
    r.err_truncated = err_.truncated();
    r.out = out_.release();
    r.err = err_.release();
    r.wall = wall_;
    r.user_cpu = span_of(usage_.ru_utime);
    r.system_cpu = span_of(usage_.ru_stime);
    return r;
  }

private:
  enum class phase { running, terminating, killed };

  static duration span_of(const timeval& t) {
    return std::chrono::seconds{t.tv_sec} + std::chrono::microseconds{t.tv_usec};
  }

  [[nodiscard]] bool at_rest() {
    if (!leader_gone_)
      return false;
    const auto now = steady_now();
    return group_.gone(now) || (phase_ == phase::killed && now >= next_step_at_);
  }

  [[nodiscard]] time_point next_event() const {
    if (leader_gone_)
      return steady_now() + group_look;
    if (phase_ == phase::running)
      return times_out_at_;
    return phase_ == phase::terminating ? next_step_at_ : time_point::max();
  }

  /// Until the next event, rounded up so that the poll does not end just before it.
  [[nodiscard]] int poll_milliseconds() const {
    const auto at = next_event();
    if (at == time_point::max())
      return -1;
    constexpr std::int64_t longest = 1'000'000;
    const auto left = std::chrono::ceil<milliseconds>(at - steady_now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, longest));
  }

  void act_on_time() {
    const auto now = steady_now();
    if (phase_ == phase::running && now >= times_out_at_) {
      timed_out_ = true;
      terminate();
    }
    if (phase_ == phase::terminating && now >= next_step_at_)
      kill_group();
  }

  void terminate() {
    phase_ = phase::terminating;
    next_step_at_ = policy::after(steady_now(), spec_.grace);
    ::kill(-child_.pid, SIGTERM);
    // A stopped process can't handle TERM before it goes on.
    ::kill(-child_.pid, SIGCONT);
  }

  /// The group's number is still the group's: its leader is not reaped yet, or it had members at the
  /// last look, a moment ago, and numbers are reused only after all others.
  void kill_group() {
    phase_ = phase::killed;
    next_step_at_ = policy::after(steady_now(), killed_group_wait_max);
    ::kill(-child_.pid, SIGKILL);
    in_table_.clear();
  }

  /// The leader ended by itself: the rest of its group has no business any more. If it ended after
  /// TERM, the others keep what is left of the grace, and the table keeps their group.
  void leader_ended() {
    if (phase_ == phase::running)
      kill_group();
    reap();
  }

  void reap() {
    pid_t reaped = 0;
    do
      reaped = ::wait4(child_.pid, &status_, 0, &usage_);
    while (reaped < 0 && errno == EINTR);
    status_lost_ = reaped != child_.pid;
    leader_gone_ = true;
  }

  const process_spec& spec_;
  detail::spawned child_;
  detail::group_watch group_;
  guardian::place in_table_;
  capture out_;
  capture err_;
  time_point started_;
  time_point times_out_at_ = time_point::max();
  time_point next_step_at_ = time_point::max();  // terminating: KILL; killed: stop waiting
  phase phase_ = phase::running;
  bool leader_gone_ = false;
  bool canceled_ = false;
  bool timed_out_ = false;
  bool status_lost_ = false;
  int status_ = 0;
  rusage usage_{};
  duration wall_{};
};

caf::error refused(const process_spec& spec, const char* call, int error) {
  return make_error(ec::failed, "can't run " + config::quoted(spec.argv.front()) + ": " +
                                    detail::system_error_text(call, error));
}

/// The failures of a start that are the command's own fault, in words.
caf::error not_started(const process_spec& spec, const detail::spawn_failure& why) {
  const auto what = "can't run " + config::quoted(spec.argv.front()) + ": ";
  const bool is_path = spec.argv.front().find('/') != std::string::npos;
  if (why.step == detail::spawn_step::enter_folder)
    return make_error(ec::failed, what + "can't enter the folder " + config::quoted(spec.cwd) + ": " +
                                      detail::system_error_text(why.call, why.error));
  const bool not_run = why.step == detail::spawn_step::run_program;
  if (not_run && (why.error == ENOENT || why.error == ENOTDIR))
    return make_error(ec::failed,
                      what + (is_path ? "command not found: there is no such file, or what its first "
                                        "line names is not there"
                                      : "command not found in any folder of PATH"));
  if (not_run && why.error == EACCES)
    return make_error(ec::failed, what + "it is not executable (permission denied)");
  return refused(spec, why.call, why.error);
}

struct pipe_ends {
  unique_fd read;
  unique_fd write;
};

/// A pipe whose write end is none of 0, 1 and 2, which the child overwrites.
caf::expected<pipe_ends> make_pipe(const process_spec& spec) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return refused(spec, "pipe2", errno);
  pipe_ends made{unique_fd{ends[0]}, unique_fd{ends[1]}};
  if (made.write.get() <= STDERR_FILENO) {
    unique_fd higher{::fcntl(made.write.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
    if (!higher)
      return refused(spec, "fcntl", errno);
    made.write = std::move(higher);
  }
  return made;
}

caf::expected<watched_command> start(const process_spec& spec) {
  if (auto failed = guardian::start())
    return failed;
  auto in_table = guardian::reserve();
  if (!in_table)
    return in_table.error();
  auto out = make_pipe(spec);
  if (!out)
    return out.error();
  auto err = make_pipe(spec);
  if (!err)
    return err.error();
  const detail::command_image image{spec, guardian::marker()};
  detail::spawn_request request;
  request.programs = image.programs();
  request.argv = image.argv();
  request.environment = image.environment();
  request.folder = spec.cwd.empty() ? nullptr : spec.cwd.c_str();
  request.out = out->write.get();
  request.err = err->write.get();
  request.group_entry = &in_table->entry();
  detail::spawn_failure why;
  const auto started = steady_now();
  auto child = detail::spawn(request, why);
  if (!child.handle)
    return not_started(spec, why);
  return watched_command{spec,
                         std::move(child),
                         std::move(*in_table),
                         capture{std::move(out->read), spec.output_bytes_max},
                         capture{std::move(err->read), spec.output_bytes_max},
                         started};
}

}  // namespace

caf::expected<process_result> run_process(const context& ctx, const process_spec& spec) {
  if (auto wrong = detail::check(spec))
    return wrong;
  if (ctx.canceled())
    return ctx.error();
  // Before the start: once a command runs, nothing may fail but the command.
  const unique_fd wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!wake)
    return refused(spec, "eventfd", errno);
  const auto subscription = ctx.on_cancel([fd = wake.get()] { ::eventfd_write(fd, 1); });
  auto command = start(spec);
  if (!command)
    return command.error();
  command->watch(wake.get());
  if (command->canceled())
    return ctx.error();
  if (command->status_lost())
    return make_error(ec::failed, "ran " + config::quoted(spec.argv.front()) +
                                      " but its exit status was lost: this process ignores SIGCHLD or waits "
                                      "for any child; it must leave commands to Weir");
  return command->result();
}

}  // namespace weir
