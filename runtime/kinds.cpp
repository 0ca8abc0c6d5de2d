#include <weir/runtime/kinds.hpp>

namespace weir {

kinds built_in_kinds() {
  return {
      {files_source(), lines_source(), range_source()},
      {sha256_task(), wordcount_task(), sleep_task(), square_task(), exec_task()},
      {table_sink(), jsonl_sink(), tsv_sink(), sha256sum_sink()},
  };
}

}  // namespace weir
