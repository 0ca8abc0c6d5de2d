#include <weir/actors/log.hpp>

#include <boost/test/unit_test.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <unistd.h>

#include "../support/scratch_folder.hpp"

using namespace weir;

namespace {

/// Has what is written to a descriptor of this process in a file, for as long as it lives.
class caught {
public:
  caught(std::FILE* stream, std::string to) : stream_(stream), path_(std::move(to)) {
    std::fflush(stream_);
    before_ = ::dup(::fileno(stream_));
    std::FILE* const file = std::fopen(path_.c_str(), "w");
    BOOST_REQUIRE(file != nullptr);
    BOOST_REQUIRE(::dup2(::fileno(file), ::fileno(stream_)) >= 0);
    std::fclose(file);
  }
  ~caught() {
    std::fflush(stream_);
    ::dup2(before_, ::fileno(stream_));
    ::close(before_);
  }
  caught(const caught&) = delete;
  caught& operator=(const caught&) = delete;

private:
  std::FILE* stream_;
  std::string path_;
  int before_ = -1;
};

/// What one message of the library's wrote where.
struct message {
  explicit message(const std::string& text) {
    const weir_test::scratch_folder folder;
    {
      const caught out{stdout, folder.at("out")};
      const caught err{stderr, folder.at("err")};
      log()->warn("{}", text);
    }
    on_stdout = content_of(folder.at("out"));
    on_stderr = content_of(folder.at("err"));
  }

  static std::string content_of(const std::string& path) {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  std::string on_stdout;
  std::string on_stderr;
};

/// An application's logger of this name, for as long as it lives.
struct registered_logger {
  explicit registered_logger(const std::string& name)
      : logger(
            std::make_shared<spdlog::logger>(name, std::make_shared<spdlog::sinks::ostream_sink_mt>(text))) {
    spdlog::register_logger(logger);
  }
  ~registered_logger() { spdlog::drop(logger->name()); }
  registered_logger(const registered_logger&) = delete;
  registered_logger& operator=(const registered_logger&) = delete;

  std::ostringstream text;
  std::shared_ptr<spdlog::logger> logger;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_log)

BOOST_AUTO_TEST_CASE(messages_go_to_stderr_and_never_to_stdout) {
  const message m{"the sky falls"};
  BOOST_TEST(contains(m.on_stderr, "[weir]"));
  BOOST_TEST(contains(m.on_stderr, "[warning]"));
  BOOST_TEST(contains(m.on_stderr, "the sky falls"));
  BOOST_TEST(m.on_stdout == "");
}

BOOST_AUTO_TEST_CASE(the_applications_logger_of_that_name_gets_them_while_it_is_registered) {
  {
    const registered_logger own{"weir"};
    const message m{"for the application"};
    BOOST_TEST(contains(own.text.str(), "for the application"));
    BOOST_TEST(m.on_stderr == "");
    BOOST_TEST(m.on_stdout == "");
  }
  const message m{"for nobody"};
  BOOST_TEST(contains(m.on_stderr, "for nobody"));
}

BOOST_AUTO_TEST_CASE(a_logger_of_another_name_gets_none) {
  const registered_logger other{"other"};
  const message m{"not for the other"};
  BOOST_TEST(other.text.str() == "");
  BOOST_TEST(contains(m.on_stderr, "not for the other"));
}

BOOST_AUTO_TEST_SUITE_END()
