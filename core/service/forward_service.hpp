// Who a visitor of a host behind forward auth is: by the cookie that its sign-in set, or by an access token for the
// host. Looks, and writes nothing but the end of a session.
#pragma once

#include "core/service/code_service.hpp"
#include "core/service/machine_service.hpp"
#include "core/service/services.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

// What the application behind is told. Of a client that speaks for itself: `client:` and its id, and no more.
struct forward_visitor {
    std::string user, email, name;
    std::vector<std::string> groups;
    bool is_client = false;
    bool may_enter = false; // has what the host's rule asks for
    friend bool operator==(const forward_visitor&, const forward_visitor&) = default;
};

// What a visitor shows; either may be empty. Views outlive the call.
struct forward_proof {
    std::string_view cookie; // the host's own: __Host-pawl-app
    std::string_view bearer; // an access token
};

class forward_service {
public:
    // `context.entities` is not null. The others outlive this.
    forward_service(service_context context, const code_service& codes, const machine_service& machines)
        : context_(std::move(context)), codes_(codes), machines_(machines) {}

    // The visitor of `host` (as records have it), a host of `client_of_host`. The cookie comes first: a session of this
    // very host and client that is alive, as its browser session is. Else the token: genuine, alive, with
    // `https://host` among its audiences. std::nullopt if it is neither. What is told rests on durable records:
    // storage_unavailable. Awaited directly: the views outlive the call.
    task<result<std::optional<forward_visitor>>> identify(std::string_view host, client_number client_of_host,
                                                          forward_proof shown) const;

    // Ends the session of the cookie, where it is one of this host and client (logout). Success, too, where there is
    // none. storage_unavailable. Awaited directly.
    task<result<void>> sign_out(std::string_view host, client_number client_of_host, std::string_view cookie,
                                caller from) const;

private:
    struct looked;
    looked look(std::string_view host, client_number client_of_host, forward_proof shown) const;
    looked look_at_family(const client& rule, const family_state& seen, std::optional<std::string_view> scope) const;
    looked look_at_token(const client& rule, std::string_view host, std::string_view token) const;

    service_context context_;
    const code_service& codes_;
    const machine_service& machines_;
};

} // namespace pawl
