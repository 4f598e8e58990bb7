// What the sources of link_service share.
#pragma once

#include "core/account/link.hpp"
#include "core/service/mail_service.hpp"
#include "core/service/services.hpp"
#include "core/user/user.hpp"

#include <optional>
#include <string>
#include <vector>

namespace pawl {

failure failure_of(link_decision why);

// The wish of a mail with a link for this user, as it is now.
mail_wish wish_for(mail_kind kind, const user& u, const caller& from);

// The account waits for an operator.
void make_pending(user& u);
// Adds the mail with which the address is proven, where sign-ins want that (--require-verified-email) and it is not.
// mail_queue_full.
std::optional<failure> ask_for_proof(const service_context& context, const user& u, const caller& from,
                                     std::vector<mail>& mails);

// For /metrics: how a link stood that was shown to be used for `wanted`.
void count_link(const service_context& context, link_purpose wanted, link_decision decision);

// Evidence of what the holder of a link did, or was refused. What it returns is to be waited for with the change.
ticket record_by_link(const service_context& context, event_kind kind, user_id id, const caller& from,
                      std::string about);

// Another address, proven since a link came to it; and the username with it where that was the old one.
void move_address(user& u, const std::string& to, timestamp now);

// The address of now stays the account's for former_address_life. too_many_attempts where as many are kept as may be.
std::optional<failure> keep_as_former(user& u, timestamp now);
// This address, and those whose time is over, are not kept any more.
void forget_former(user& u, const std::string& address, timestamp now);

} // namespace pawl
