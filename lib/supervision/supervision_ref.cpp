#include "supervision.hpp"

#include <wsx/detail/supervision_ref.hpp>

#include <utility>

namespace wsx::detail {

supervision_ref::supervision_ref(const asio::any_io_executor& executor,
                                 const supervisor_options& options,
                                 std::vector<child_spec> children)
    : supervision_(std::make_shared<supervision>(executor, options, std::move(children))) {}

ticket supervision_ref::next_ticket() const noexcept {
  return supervision_->next_ticket();
}

void supervision_ref::start(ticket t, diagnostics* details,
                            completion<std::error_code> done) const {
  supervision_->start(t, details, std::move(done));
}

void supervision_ref::ask(ticket t, request what, child_spec spec, diagnostics* details,
                          completion<std::error_code> done) const {
  supervision_->call({.number = t, .what = what, .spec = std::move(spec)}, details,
                     std::move(done));
}

void supervision_ref::ask(ticket t, request what, std::string name, diagnostics* details,
                          completion<std::error_code> done) const {
  supervision_->call({.number = t, .what = what, .spec = {}, .name = std::move(name)}, details,
                     std::move(done));
}

void supervision_ref::stop(ticket t, completion<std::error_code> done) const {
  supervision_->stop(t, std::move(done));
}

void supervision_ref::join(ticket t, completion<std::error_code> done) const {
  supervision_->join(t, std::move(done));
}

void supervision_ref::cancel(ticket t) const {
  supervision_->cancel(t);
}

void supervision_ref::get_childspec(
    std::string name, completion<std::error_code, std::optional<child_spec>> done) const {
  supervision_->get_childspec(std::move(name), std::move(done));
}

void supervision_ref::which_children(completion<std::vector<child_info>> done) const {
  supervision_->which_children(std::move(done));
}

void supervision_ref::count_children(completion<child_counts> done) const {
  supervision_->count_children(std::move(done));
}

void supervision_ref::tree(completion<std::string> done) const {
  supervision_->tree(std::move(done));
}

std::shared_ptr<process> supervision_ref::find(std::string_view name) const {
  return supervision_->running().find(name);
}

void supervision_ref::kill() const noexcept {
  supervision_->kill();
}

const strand& supervision_ref::serial() const noexcept {
  return supervision_->serial();
}

}  // namespace wsx::detail
