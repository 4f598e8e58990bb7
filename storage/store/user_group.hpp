// A user's record and the mails that go with its change: one group of the log, prepared before and published in one
// step.
#pragma once

#include "core/mail/mail.hpp"
#include "core/user/user.hpp"
#include "storage/store/mail_table.hpp"
#include "storage/store/store_state.hpp"
#include "storage/store/user_slot.hpp"

#include <memory>
#include <optional>
#include <span>

namespace pawl::storage {

// A user's record and its mails, with all the memory that they take.
struct prepared_group {
    std::unique_ptr<user_version> version;
    user_group bytes;
    mail_table::prepared mails;
};

// std::nullopt where the record is too large (the services check sizes before), or a mail is not as it must be.
std::optional<prepared_group> prepare_group(store_state& s, const user_ptr& record, std::span<const mail> mails);

// Publishes the mails and enqueues the group. The user's version, which has them, is published before: a snapshot that
// meets one of them meets that version (snapshot_content.cpp).
ticket enqueue_change(store_state& s, const user& u, prepared_group group, log_room room);

} // namespace pawl::storage
