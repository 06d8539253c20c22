#include "report.hpp"

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <exception>
#include <stdexcept>
#include <utility>

// What supervisors say.

namespace errors_test {

namespace {

struct plain {
  void handle_frame(wsx::text) {}
};

struct another {
  static another code_change(const wsx::old_version&, const plain&) { return {}; }
  void handle_frame(wsx::text) {}
};

struct loop {
  void wait(asio::awaitable<void> operation) {
    std::exception_ptr failure;
    bool over = false;
    asio::co_spawn(io, std::move(operation), [&](std::exception_ptr what) {
      failure = std::move(what);
      over = true;
    });
    io.restart();
    while (!over) io.run_one();
    if (failure) std::rethrow_exception(failure);
  }

  asio::io_context io;
};

wsx::supervisor_options restarts(std::uint32_t intensity) {
  wsx::supervisor_options o;
  o.intensity = intensity;
  return o;
}

wsx::child unable() {
  throw std::runtime_error("no credentials");
}

asio::awaitable<void> spec_of(wsx::supervisor& tree, std::string name) {
  co_await tree.get_childspec(std::move(name));
}

void children(report& to) {
  to.section("The children of a supervisor");
  loop l;
  const auto fails = [&] { return wsx::child(wsx::client<plain>(l.io), "localhost"); };
  wsx::supervisor tree(l.io, {{"idle", [] { return wsx::child(); }},
                              {"runs", [&] { return wsx::child(wsx::supervisor(l.io)); }}});
  to.add("delete_child before start", thrown_by(l, tree.delete_child("idle")));
  l.wait(tree.start());
  to.add("start again", thrown_by(l, tree.start()));
  to.add("restart_child without such a child", thrown_by(l, tree.restart_child("other")));
  to.add("get_childspec without such a child", thrown_by(l, spec_of(tree, "other")));
  to.add("replace_child_spec without such a child",
         thrown_by(l, tree.replace_child_spec(wsx::child_spec("other", fails))));
  const wsx::child_ref<plain> nobody = tree.find<plain>("other");
  to.add("with_handler of a child that was not found",
         thrown_by(l, nobody.with_handler([](plain&) {})));
  to.add("suspend of a child that was not found", thrown_by(l, nobody.suspend()));
  const wsx::child_ref<wsx::any_handler> nobody_to_change;
  to.add("code_change of a child that was not found",
         thrown_by(l, nobody_to_change.code_change<another>()));
  to.add("start_child of a name that is taken",
         thrown_by(l, tree.start_child(wsx::child_spec("idle", fails))));
  to.add("delete_child of a child that runs", thrown_by(l, tree.delete_child("runs")));
  to.add("start_child, with a function that throws",
         thrown_by(l, tree.start_child(wsx::child_spec("unable", unable))));
  to.add("start_child, with a client that can't connect",
         thrown_by(l, tree.start_child(wsx::child_spec("fails", fails))));
  l.wait(tree.stop());
  to.add("terminate_child after the end", thrown_by(l, tree.terminate_child("idle")));
}

// A child that ends as soon as it was started, and can't be made a second time.
wsx::child_spec once(loop& l) {
  auto make = [&l, made = false]() mutable {
    if (std::exchange(made, true)) unable();
    return wsx::child(wsx::client<plain>(l.io), "localhost");
  };
  wsx::child_spec spec("once", make);
  spec.wait_for_connect = false;
  return spec;
}

void restarting(report& to) {
  loop l;
  wsx::supervisor patient(l.io, restarts(1'000'000), {once(l)});
  l.wait(patient.start());
  auto refused = thrown_by(l, patient.delete_child("once"));
  while (refused.code() == wsx::errc::child_running)
    refused = thrown_by(l, patient.delete_child("once"));
  to.add("delete_child of a child that is being restarted", refused);
}

void ends(report& to) {
  to.section("The end of a supervisor");
  loop l;
  wsx::supervisor gives_up(l.io, restarts(1), {once(l)});
  l.wait(gives_up.start());
  to.add("a child that has to be restarted too often", thrown_by(l, gives_up.join()));
  wsx::supervisor never(l.io, {{"unable", unable}});
  to.add("a child that can't be started", thrown_by(l, never.start()));
  to.add("the end of that supervisor", thrown_by(l, never.join()));
}

}  // namespace

void supervision(report& to) {
  wsx::set_log_sink(nullptr);
  children(to);
  restarting(to);
  ends(to);
}

}  // namespace errors_test
