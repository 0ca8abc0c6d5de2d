#include <weir/actors/error.hpp>
#include <weir/runtime/link/engine_frames.hpp>

#include <algorithm>
#include <utility>

namespace weir::link {

namespace {

/// BASP's operations, by their numbers. There are two more: one routes by way of a third node; the other is a
/// heartbeat, for which nobody here has a use.
enum class operation : std::uint8_t {
  acceptor_handshake = 0,
  dialer_handshake = 1,
  message = 2,
  proxy_made = 4,
  actor_ended = 5,
};

constexpr std::uint64_t basp_version = 3;
constexpr std::uint8_t named_receiver = 1;
constexpr std::uint8_t select_connection = 2;
constexpr std::uint64_t high_priority = 0;
constexpr std::uint64_t normal_priority = std::uint64_t{1} << 60;

constexpr std::size_t id_bytes = std::tuple_size_v<engine_id>;
constexpr std::size_t two_ids_bytes = 2 * id_bytes;
/// Two ids, a code, a category, and no more.
constexpr std::size_t end_bytes = two_ids_bytes + 15;

/// "SpawnServ" as one of CAF's atoms, and the question that is put to it.
constexpr std::uint64_t spawn_server = 0x03ddd66f3376adfb;
constexpr std::size_t question_bytes = 45;

/// In front of the text: no stages, the number of the type of messages, and what it consists of.
constexpr std::string_view text_front{"\0\0\0\x08@<>+@str", 12};
constexpr std::size_t length_bytes_max = 5;

std::uint64_t number_in(bytes_view bytes) {
  std::uint64_t n = 0;
  for (const auto b : bytes)
    n = n << 8 | std::to_integer<std::uint64_t>(b);
  return n;
}

/// A length as CAF writes it: seven bits a byte, the lowest first; only in its shortest form.
struct length_read {
  std::uint64_t value = 0;
  std::size_t bytes = 0;
};
std::optional<length_read> length_in(bytes_view bytes) {
  length_read read;
  for (const auto b : bytes.first(std::min(bytes.size(), length_bytes_max))) {
    const auto seven = std::to_integer<std::uint64_t>(b & std::byte{0x7f});
    read.value |= seven << 7 * read.bytes++;
    if ((b & std::byte{0x80}) == std::byte{0})
      return seven == 0 && read.bytes > 1 ? std::nullopt : std::optional{read};
  }
  return std::nullopt;
}

bool equal(bytes_view a, bytes_view b) {
  return std::ranges::equal(a, b);
}

/// An id of a process: its kind, a process id, and a machine that is not nobody.
bool is_engine(const engine_id& id) {
  constexpr std::uint64_t kind = 0x00003e9aab9bac79;  // "default" as one of CAF's atoms
  const bytes_view bytes{id};
  return number_in(bytes.first(8)) == kind && number_in(bytes.subspan(8, 4)) != 0 &&
         std::ranges::any_of(bytes.subspan(12), [](std::byte b) { return b != std::byte{0}; });
}

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return std::nullopt;
}

}  // namespace

std::string to_text(const engine_id& id) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto b : id) {
    text += digits[std::to_integer<std::size_t>(b >> 4)];
    text += digits[std::to_integer<std::size_t>(b & std::byte{0x0f})];
  }
  return text;
}

std::optional<engine_id> read_engine_id(std::string_view text) {
  engine_id id{};
  if (text.size() != 2 * id.size())
    return std::nullopt;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const auto high = hex_digit(text[2 * i]);
    const auto low = hex_digit(text[2 * i + 1]);
    if (!high || !low)
      return std::nullopt;
    id[i] = static_cast<std::byte>(*high << 4 | *low);
  }
  return is_engine(id) ? std::optional{id} : std::nullopt;
}

struct engine_frames::frame_header {
  std::uint8_t kind;
  std::uint64_t padding;
  std::uint8_t flags;
  std::uint64_t length;
  std::uint64_t data;
  std::uint64_t source;
  std::uint64_t target;

  explicit frame_header(bytes_view b)
      : kind(std::to_integer<std::uint8_t>(b[0])),
        padding(number_in(b.subspan(1, 2))),
        flags(std::to_integer<std::uint8_t>(b[3])),
        length(number_in(b.subspan(4, 4))),
        data(number_in(b.subspan(8, 8))),
        source(number_in(b.subspan(16, 8))),
        target(number_in(b.subspan(24, 8))) {}

  [[nodiscard]] operation what() const { return static_cast<operation>(kind); }
  [[nodiscard]] bool is_question() const { return flags == named_receiver; }
};

engine_frames::verdict engine_frames::judge(const frame_header& h) const {
  if (h.padding != 0)
    return {"a frame whose padding is not empty"};
  const auto open = phase_ == phase::open;
  const auto anonymous = h.source == 0 && h.target == 0;
  switch (h.what()) {
    case operation::acceptor_handshake:
      if (rules_.ours != role::dialer || phase_ != phase::first)
        return {"an acceptor's handshake, which may not come now"};
      if (h.flags != 0 || h.data != basp_version || !anonymous || h.length > greeting_bytes_max)
        return {"a handshake that is not an acceptor's"};
      return {nullptr, h.length};
    case operation::dialer_handshake:
      if (rules_.ours != role::acceptor || open)
        return {"a dialer's handshake, which may not come now"};
      if (h.flags != (phase_ == phase::first ? 0 : select_connection) || h.data != 0 || !anonymous ||
          h.length != id_bytes)
        return {"a handshake that is not a dialer's"};
      return {nullptr, h.length};
    case operation::message:
      if (!open)
        return {"a message before the handshake"};
      if (h.is_question()) {
        if (asked_ || h.target != spawn_server || h.length != question_bytes)
          return {"a message to an actor by its name"};
        return {nullptr, h.length, true};
      }
      if (h.flags != 0 || h.target != rules_.gateway || h.source == 0 ||
          (peer_gateway_ != 0 && h.source != peer_gateway_))
        return {"a message that is not from its gateway to ours"};
      if (h.data != normal_priority && h.data != high_priority)
        return {"a message that is a request, or an answer"};
      if (h.length > rules_.frame_bytes_max)
        return {"a message of more than frame_bytes_max"};
      return {nullptr, std::min<std::size_t>(h.length, text_front.size() + length_bytes_max)};
    case operation::proxy_made:
      if (!open || proxies_ == notices_max || h.flags != 0 || h.data != 0 || h.source != 0 ||
          h.target != rules_.gateway || h.length != two_ids_bytes)
        return {"a notice of a proxy that is not one of our gateway's"};
      return {nullptr, h.length};
    case operation::actor_ended:
      if (!open || ends_ == notices_max || h.flags != 0 || h.data != 0 || h.target != 0 || h.source == 0 ||
          h.source != peer_gateway_ || h.length != end_bytes)
        return {"a notice of an end that is not its gateway's"};
      return {nullptr, h.length};
  }
  return {"a frame of a kind that nodes do not send"};
}

const char* engine_frames::judge(const frame_header& h, bytes_view begin) {
  switch (h.what()) {
    case operation::acceptor_handshake:
      return judge_acceptor(begin);
    case operation::dialer_handshake:
      if (!equal(begin, rules_.peer))
        return "a handshake with another id than in its greeting";
      phase_ = phase_ == phase::first ? phase::second : phase::open;
      return nullptr;
    case operation::message:
      if (h.is_question()) {
        asked_ = true;
        return nullptr;
      }
      if (const auto* wrong = judge_text(h, begin))
        return wrong;
      peer_gateway_ = h.source;
      return nullptr;
    case operation::proxy_made:
      ++proxies_;
      return is_ours_and_theirs(begin) ? nullptr : "a notice of a proxy of another node's";
    case operation::actor_ended:
      ++ends_;
      return is_ours_and_theirs(begin) ? nullptr : "a notice of an end of another node's";
  }
  return nullptr;
}

/// Its id, the names of its applications, the id of its gateway, and no list of types.
const char* engine_frames::judge_acceptor(bytes_view content) {
  constexpr auto wrong = "a handshake that is not an acceptor's";
  if (content.size() < id_bytes || !equal(content.first(id_bytes), rules_.peer))
    return "a handshake with another id than in its greeting";
  content = content.subspan(id_bytes);
  const auto names = length_in(content);
  if (!names)
    return wrong;
  content = content.subspan(names->bytes);
  for (std::uint64_t i = 0; i < names->value; ++i) {
    const auto name = length_in(content);
    if (!name || name->value > content.size() - name->bytes)
      return wrong;
    content = content.subspan(name->bytes + static_cast<std::size_t>(name->value));
  }
  constexpr std::size_t gateway_bytes = 8;
  if (content.size() != gateway_bytes + 1 || content.back() != std::byte{0})
    return wrong;
  peer_gateway_ = number_in(content.first(gateway_bytes));
  if (peer_gateway_ == 0)
    return "a handshake without a gateway";
  phase_ = phase::open;
  return nullptr;
}

const char* engine_frames::judge_text(const frame_header& h, bytes_view begin) {
  constexpr auto wrong = "a message that is not one text";
  if (begin.size() <= text_front.size() ||
      !equal(begin.first(text_front.size()), std::as_bytes(std::span{text_front})))
    return wrong;
  const auto text = length_in(begin.subspan(text_front.size()));
  if (!text || text_front.size() + text->bytes + text->value != h.length)
    return wrong;
  return nullptr;
}

bool engine_frames::is_ours_and_theirs(bytes_view content) const {
  return equal(content.first(id_bytes), rules_.peer) && equal(content.subspan(id_bytes, id_bytes), rules_.us);
}

void engine_frames::add(bytes_view part) {
  if (!parts_.empty() && parts_.back().data() + parts_.back().size() == part.data())
    parts_.back() = {parts_.back().data(), parts_.back().size() + part.size()};
  else if (!part.empty())
    parts_.push_back(part);
}

caf::expected<std::span<const bytes_view>> engine_frames::pass(bytes_view come) {
  parts_.clear();
  shown_.clear();
  // Takes from what has come until `held_`, if there is anything in it, or what has come is so long.
  const auto gathered = [&](std::size_t bytes) -> bytes_view {
    if (held_.empty() && come.size() >= bytes)
      return come.first(bytes);
    const auto taken = std::min(come.size(), bytes - std::min(bytes, held_.size()));
    held_.insert(held_.end(), come.begin(), come.begin() + static_cast<std::ptrdiff_t>(taken));
    come = come.subspan(taken);
    return held_.size() >= bytes ? bytes_view{held_} : bytes_view{};
  };
  while (!come.empty()) {
    if (rest_ > 0) {
      const auto part = come.first(static_cast<std::size_t>(std::min<std::uint64_t>(rest_, come.size())));
      if (!dropping_)
        add(part);
      rest_ -= part.size();
      come = come.subspan(part.size());
      continue;
    }
    auto begin = gathered(header_bytes);
    if (begin.empty())
      break;
    const frame_header h{begin};
    const auto judged = judge(h);
    if (!judged.wrong && judged.judged_bytes > 0)
      begin = gathered(header_bytes + judged.judged_bytes);
    if (!judged.wrong && begin.empty())
      break;
    const auto* const wrong = judged.wrong ? judged.wrong : judge(h, begin.subspan(header_bytes));
    if (wrong)
      return make_error(ec::link, std::string{"its engine sent "} + wrong);
    if (held_.empty()) {
      come = come.subspan(begin.size());
    } else {
      shown_.swap(held_);
      held_.clear();
      begin = shown_;
    }
    dropping_ = judged.dropped;
    rest_ = h.length - judged.judged_bytes;
    if (!dropping_)
      add(begin);
  }
  return std::span<const bytes_view>{parts_};
}

}  // namespace weir::link
