/// What a peer sends, as records and as the frames of its engine within them, in pieces: whatever it is, no
/// more passes than came, what passes is in its order, and in other pieces the same passes.

#include <weir/actors/error.hpp>
#include <weir/runtime/link/engine_frames.hpp>
#include <weir/runtime/link/greeting.hpp>
#include <weir/runtime/link/record.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "../runtime/link/frame_support.hpp"
#include "invariant.hpp"

using namespace weir;
using namespace weir::link;

namespace {

constexpr std::size_t frame_bytes_max = std::size_t{64} << 10;

struct passing {
  test::bytes bytes;
  bool refused = false;
};

passing pass(role ours, bytes_view come, std::size_t piece) {
  engine_frames check{{.ours = ours,
                       .us = test::us,
                       .peer = test::them,
                       .gateway = test::our_gateway,
                       .frame_bytes_max = frame_bytes_max}};
  passing p;
  while (!come.empty() && !p.refused) {
    const auto part = come.first(std::min(piece, come.size()));
    come = come.subspan(part.size());
    const auto parts = check.pass(part);
    p.refused = !parts;
    if (parts)
      for (const auto passed : *parts)
        p.bytes.insert(p.bytes.end(), passed.begin(), passed.end());
    else
      fuzz::require(is(parts.error(), ec::link), "a refusal says why");
  }
  return p;
}

void check_frames(role ours, bytes_view come) {
  const auto whole = pass(ours, come, come.size());
  fuzz::require(whole.bytes.size() <= come.size(), "no more passes than has come");
  auto at = come.begin();
  for (const auto b : whole.bytes) {
    at = std::find(at, come.end(), b);
    fuzz::require(at != come.end(), "what passes is what came, in its order");
    ++at;
  }
  for (const std::size_t piece : {1, 7, 40}) {
    const auto in_pieces = pass(ours, come, piece);
    fuzz::require(in_pieces.refused == whole.refused, "pieces change nothing about a refusal");
    // What came before the refused frame may have passed already.
    fuzz::require(whole.refused ? in_pieces.bytes.size() <= come.size() : in_pieces.bytes == whole.bytes,
                  "pieces change nothing about what passes");
  }
}

/// The engine's bytes in the records; none if there is a record that may not come.
std::optional<test::bytes> data_in(role ours, bytes_view come) {
  record_reader reader{ours};
  test::bytes data;
  for (;;) {
    const auto read = reader.next(come);
    if (!read)
      return std::nullopt;
    if (!*read)
      return data;
    const auto& r = **read;
    fuzz::require(r.bytes <= come.size() && r.content.size() + record_limits::head_bytes == r.bytes,
                  "a record is within what has come");
    static_cast<void>(read_challenge(r.text()));
    static_cast<void>(read_hello(r.text()));
    static_cast<void>(read_welcome(r.text()));
    if (r.kind == record_kind::data)
      data.insert(data.end(), r.content.begin(), r.content.end());
    come = come.subspan(r.bytes);
  }
}

}  // namespace

/// The first byte says which side we are, and whether records come or the frames alone.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const auto ours = (data[0] & 1) == 0 ? role::acceptor : role::dialer;
  const auto come = std::as_bytes(std::span{data, size}.subspan(1));
  if ((data[0] & 2) == 0) {
    check_frames(ours, come);
  } else if (const auto frames = data_in(ours, come)) {
    check_frames(ours, *frames);
  }
  return 0;
}
