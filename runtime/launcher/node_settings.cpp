#include <weir/runtime/launcher/node_settings.hpp>

#include <chrono>

namespace weir::config {

namespace {

constexpr double minute_seconds = 60;

setting_spec name_spec(const std::string& fallback) {
  return {.name = "name",
          .type = setting_type::text,
          .fallback = fallback.empty() ? setting{} : setting{fallback},
          .meaning = "what others call it, and what its certificate says",
          .required = fallback.empty()};
}

/// Those that both sides have.
std::vector<setting_spec> with_link_specs(std::vector<setting_spec> specs) {
  const link::link_options defaults;
  specs.insert(
      specs.end(),
      {{.name = "authority",
        .type = setting_type::text,
        .meaning =
            "the file with the certificates of those who sign the nodes' (`weir certs` makes one); without "
            "this, `certificate` and `private_key` there is no TLS, and only this machine is met. Paths are "
            "relative to the folder that the command runs in, as all are"},
       {.name = "certificate", .type = setting_type::text, .meaning = "the file with its own certificate"},
       {.name = "private_key",
        .type = setting_type::text,
        .meaning = "the file with the key of that, which only its owner may read"},
       {.name = "heartbeat",
        .type = setting_type::time_span,
        .fallback = defaults.heartbeat,
        .meaning = "how often each side says that it is there",
        .min = 0.01,
        .max = minute_seconds},
       {.name = "timeout",
        .type = setting_type::time_span,
        .fallback = defaults.timeout,
        .meaning = "who is not heard for so long is lost, and what it had runs elsewhere; at least twice the "
                   "heartbeat",
        .min = 0.02,
        .max = 10 * minute_seconds}});
  return specs;
}

std::string text_or_none(const settings& values, const char* key) {
  return values.has(key) ? values.get<std::string>(key) : std::string{};
}

link::link_options link_of(const settings& values) {
  link::link_options o;
  o.name = values.get<std::string>("name");
  o.tls = {text_or_none(values, "authority"), text_or_none(values, "certificate"),
           text_or_none(values, "private_key")};
  o.heartbeat = values.get<duration>("heartbeat");
  o.timeout = values.get<duration>("timeout");
  return o;
}

}  // namespace

const std::vector<setting_spec>& nodes_specs() {
  static const auto specs =
      with_link_specs({{.name = "listen",
                        .type = setting_type::text,
                        .meaning = "where nodes dial: HOST:PORT; only an address of this machine without TLS",
                        .required = true},
                       name_spec("coordinator"),
                       {.name = "peers",
                        .type = setting_type::texts,
                        .meaning = "the names of the nodes that may come; \"*\": each that has a certificate",
                        .required = true}});
  return specs;
}

const std::vector<setting_spec>& node_specs() {
  const nodes::node_options defaults;
  static const auto specs =
      with_link_specs({name_spec(""),
                       {.name = "dial",
                        .type = setting_type::text,
                        .meaning = "where the flow listens that it works for: HOST:PORT",
                        .required = true},
                       {.name = "coordinator",
                        .type = setting_type::text,
                        .fallback = "coordinator",
                        .meaning = "the name of that flow's side, which its certificate has to say"},
                       {.name = "tasks",
                        .type = setting_type::texts,
                        .meaning = "the tasks that it does for others; `weir tasks` lists them. exec runs "
                                   "whatever the flow asks for",
                        .required = true},
                       {.name = "workers",
                        .type = setting_type::integer,
                        .fallback = std::int64_t{0},
                        .meaning = "jobs that it runs at once; 0: as many as there are CPUs",
                        .min = 0,
                        .max = nodes::node_options::workers_max},
                       {.name = "credit",
                        .type = setting_type::integer,
                        .fallback = static_cast<std::int64_t>(defaults.credit),
                        .meaning = "jobs that it holds at most, at least two for each worker",
                        .min = 2,
                        .max = nodes::node_options::credit_max}});
  return specs;
}

meeting_place meeting_place_of(const settings& values) {
  meeting_place m{link_of(values), values.get<std::string>("listen")};
  m.link.peers = values.get<std::vector<std::string>>("peers");
  return m;
}

node_plan node_plan_of(const settings& values) {
  node_plan p;
  p.options.link = link_of(values);
  p.options.link.peers = {values.get<std::string>("coordinator")};
  p.options.coordinator = values.get<std::string>("dial");
  p.options.workers = static_cast<std::uint32_t>(values.get<std::int64_t>("workers"));
  p.options.credit = static_cast<std::uint32_t>(values.get<std::int64_t>("credit"));
  p.tasks = values.get<std::vector<std::string>>("tasks");
  return p;
}

}  // namespace weir::config
