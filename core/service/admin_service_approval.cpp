// An operator allows an account that signed up by itself.
#include "core/service/admin_service.hpp"
#include "core/service/link_parts.hpp"
#include "core/service/user_change.hpp"

#include <utility>

namespace pawl {

namespace {

// The user is told at the address given, proven or not: it is what the person waits for. Where no mail can go, the
// approval stands all the same.
void tell_of_approval(const service_context& context, const user& u, std::vector<mail>& mails) {
    if (context.mails == nullptr) {
        return;
    }
    if (result<mail> told = context.mails->make(wish_for(mail_kind::approved, u, caller{}))) {
        mails.push_back(*std::move(told));
    }
    static_cast<void>(ask_for_proof(context, u, caller{}, mails));
}

} // namespace

task<result<user_ptr>> admin_service::approve_user(operator_caller by, user_id id) {
    const mailing_edit_function edit = [&](user& u, std::vector<mail>& mails) -> result<user_edit> {
        if (std::optional<failure> refused = no_operator(context_, by)) {
            return *std::move(refused);
        }
        if (u.gate.enabled) {
            return user_edit::keep; // approved already: the answer may have been lost
        }
        if (!awaits_approval(u)) {
            return errc::user_not_found;
        }
        u.pending_approval = false;
        u.gate.enabled = true;
        tell_of_approval(context_, u, mails);
        return user_edit::replace;
    };
    user_change change = pawl::change_user(context_.data, id, edit);
    if (change.replaced) {
        change.wait_for = later(change.wait_for, record_act(context_, by, event_kind::approved, id, family_id{}, {}));
    }
    task<result<user_ptr>> settling = settle(context_.data, std::move(change));
    co_return co_await std::move(settling);
}

} // namespace pawl
