// What mails tell of their cause.
#pragma once

#include "core/mail/mail.hpp"
#include "core/service/services.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pawl {

// The address cut to its network: "192.0.2.0/24", "2001:db8:1::/48"; empty where there is none.
std::string network_text(const peer_address& address);

// Agent and network of the caller. `about`: see mail_body.
mail_body cause_of(const caller& from, std::string about = {});

// The notice for the owner of a proven address; std::nullopt for any other, since a mistyped address is told nothing,
// and where mail is off or this notice is turned off.
std::optional<mail> notice_for(const service_context& context, mail_kind kind, const user& u, const caller& from,
                               std::string about = {});
// Adds it to the mails of a change.
inline void add_notice(const service_context& context, mail_kind kind, const user& u, const caller& from,
                       std::vector<mail>& mails, std::string about = {}) {
    if (std::optional<mail> notice = notice_for(context, kind, u, from, std::move(about))) {
        mails.push_back(*std::move(notice));
    }
}
// Sends it alone, where no record of the user changes. ticket::none where there is none, or no room for it.
ticket send_notice(const service_context& context, mail_kind kind, const user& u, const caller& from);

} // namespace pawl
