/// The `square` task: the square of a whole number. Its record: `square`.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/job_function.hpp>

namespace weir {

namespace {

caf::expected<record> square(const context&, const item& job) {
  const auto n = detail::integer_of(job);
  if (!n)
    return n.error();
  std::int64_t product = 0;
  if (__builtin_mul_overflow(*n, *n, &product))
    return make_error(ec::failed, "the square of " + std::to_string(*n) +
                                      " has no place in 64 bits; allowed: -3037000499 to 3037000499");
  record out;
  out.fields.push_back({"square", product});
  return out;
}

caf::expected<task_function> make(const settings&) {
  return task_function{square};
}

}  // namespace

task_kind square_task() {
  return {"square", "the square of a whole number, or of text that is one", {}, make, {"square"}};
}

}  // namespace weir
