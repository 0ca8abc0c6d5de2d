/// Writes the seeds of the target `link_frames` into a folder: sessions of honest peers, as frames and as
/// records. Their bytes are not text, which CMake can write.

#include <weir/runtime/link/greeting.hpp>
#include <weir/runtime/link/record.hpp>

#include <fstream>
#include <iostream>
#include <string>

#include "../runtime/link/frame_support.hpp"

using namespace weir::link;
using namespace weir::test;

namespace {

bytes session(role ours) {
  auto all = greeting_to(ours);
  for (const auto& frame : {question(), notice_of_proxy(), text_message("text"),
                            text_message(std::string(200, 'x'), 0), notice_of_end()})
    append(all, frame);
  return all;
}

bytes as_records(role ours) {
  const identity who{"node-1", to_text(them), 1};
  bytes all;
  if (ours == role::acceptor) {
    append_record(all, record_kind::hello, to_text(hello{who, "nonce", "offers", 1 << 20}));
  } else {
    append_record(all, record_kind::challenge, to_text(challenge{who, "nonce"}));
    append_record(all, record_kind::welcome, to_text(welcome{"terms"}));
  }
  append_record(all, record_kind::ping, std::string{"12345678"});
  append_record(all, record_kind::data, session(ours));
  append_record(all, record_kind::farewell, std::string{"bye"});
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: link_frames_seeds FOLDER\n";
    return 2;
  }
  for (const auto ours : {role::acceptor, role::dialer})
    for (const auto records : {false, true}) {
      const auto first = static_cast<char>((ours == role::dialer ? 1 : 0) | (records ? 2 : 0));
      const auto content = records ? as_records(ours) : session(ours);
      std::ofstream out{std::string{argv[1]} + "/session_" + std::to_string(first), std::ios::binary};
      out.put(first).write(reinterpret_cast<const char*>(content.data()),
                           static_cast<std::streamsize>(content.size()));
      if (!out.flush())
        return 1;
    }
  return 0;
}
