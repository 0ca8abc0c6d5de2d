#include <weir/actors/error.hpp>
#include <weir/runtime/link/engine_frames.hpp>
#include <weir/runtime/link/greet.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace weir::link {

namespace {

template <class T>
T or_throw(caf::expected<T> e) {
  if (!e)
    throw thrown_error{std::move(e.error())};
  return std::move(*e);
}

caf::error refused(const std::string& why) {
  return make_error(ec::link, why);
}

/// What we say has its bound too; the peer would only say that it is broken.
void require_short(const std::string& ours, const char* what) {
  if (ours.size() > record_limits::greeting_bytes_max)
    throw thrown_error{refused("our " + std::string{what} + " take " + std::to_string(ours.size()) +
                               " bytes, and " + std::to_string(record_limits::greeting_bytes_max) +
                               " are allowed")};
}

std::string quoted(const std::vector<std::string>& names) {
  std::string all;
  for (const auto& name : names)
    all += (all.empty() ? "'" : " or '") + name + '\'';
  return all;
}

/// Whether the channel and the options agree with who it says it is.
caf::error check_name(const channel& over, role ours, const identity& peer, const link_options& options) {
  if (!options.allows(peer.name) && ours == role::dialer)
    return refused("it is '" + peer.name + "', and " + quoted(options.peers) +
                   " was expected: change `coordinator` in the node's file, or the `name` over there and its "
                   "certificate with it");
  if (!options.allows(peer.name))
    return refused("it is '" + peer.name +
                   "', which is not among the peers that may connect: add it to "
                   "`peers`, or have it use the name and the certificate of one that is");
  if (!over.certified_as(peer.name))
    return refused("it says that it is '" + peer.name + "', and its certificate is for " +
                   over.certified_name());
  return {};
}

/// A process that connects to itself, or a clone of a container, which has the same id.
caf::error check_engine(const identity& peer, const identity& ours) {
  if (!read_engine_id(peer.engine))
    return refused("the id of its engine is not one");
  if (peer.engine == ours.engine)
    return refused("its engine has the same id as ours, " + ours.engine +
                   ": it is this process, or a clone of its machine with the same process id");
  return {};
}

caf::expected<acquaintance> judge(const hello& h, const std::string& nonce, const channel& over,
                                  const identity& ours, const link_options& options, admission& admit) {
  if (h.nonce != nonce)
    return refused("its hello answers another challenge: it was recorded, or came late");
  if (auto e = check_name(over, role::acceptor, h.dialer, options))
    return e;
  if (auto e = check_engine(h.dialer, ours))
    return e;
  if (h.frame_bytes_max != options.frame_bytes_max)
    return refused("its frame_bytes_max is " + std::to_string(h.frame_bytes_max) + ", and it is " +
                   std::to_string(options.frame_bytes_max) + " here: set it to the same at both ends");
  auto terms = admit(h.dialer, h.offers);
  if (!terms)
    return std::move(terms.error());
  return acquaintance{h.dialer, std::move(*terms)};
}

caf::error judge(const identity& acceptor, const channel& over, const identity& ours,
                 const link_options& options, const objection& object) {
  if (auto e = check_name(over, role::dialer, acceptor, options))
    return e;
  if (auto e = check_engine(acceptor, ours))
    return e;
  return object(acceptor);
}

/// What the peer says before it goes.
caf::error refusal_in(const record& last) {
  return refused(refusal_text(last.text()));
}

asio::awaitable<void> refuse(record_stream& with, const caf::error& why) {
  auto text = text_of(why);
  text.resize(std::min(text.size(), record_limits::reason_bytes_max));
  try {
    co_await with.write(record_kind::refusal, text);
  } catch (const thrown_error&) {  // it need not hear it
  }
  throw thrown_error{why};
}

}  // namespace

asio::awaitable<acquaintance> greet_dialer(record_stream& with, const identity& ours,
                                           const link_options& options, admission admit) {
  co_await with.over().handshake(role::acceptor);
  const auto nonce = make_nonce();
  const auto question = to_text(challenge{ours, nonce});
  co_await with.write(record_kind::challenge, question);
  const auto answer = co_await with.next();
  if (answer.kind == record_kind::refusal)
    throw thrown_error{refusal_in(answer)};
  auto said = read_hello(answer.text());
  auto judged = said ? judge(*said, nonce, with.over(), ours, options, admit)
                     : caf::expected<acquaintance>{std::move(said.error())};
  if (!judged)
    co_await refuse(with, judged.error());
  const auto terms = to_text(welcome{std::move(judged->said)});
  require_short(terms, "terms");
  co_await with.write(record_kind::welcome, terms);
  co_return acquaintance{std::move(judged->who), std::move(said->offers)};
}

asio::awaitable<acquaintance> greet_acceptor(record_stream& with, const identity& ours,
                                             const link_options& options, objection object,
                                             std::string offers) {
  co_await with.over().handshake(role::dialer);
  auto answer = co_await with.next();

  const auto asked = read_challenge(answer.text());
  const auto wrong = asked ? judge(asked->acceptor, with.over(), ours, options, object) : asked.error();
  if (wrong)
    co_await refuse(with, wrong);
  const auto reply = to_text(hello{ours, asked->nonce, std::move(offers), options.frame_bytes_max});
  require_short(reply, "offers");
  co_await with.write(record_kind::hello, reply);
  answer = co_await with.next();
  if (answer.kind == record_kind::refusal)
    throw thrown_error{refusal_in(answer)};
  co_return acquaintance{asked->acceptor, or_throw(read_welcome(answer.text())).terms};
}

}  // namespace weir::link
