// What a proxy that asks about a request is answered (docs/forward-auth.md). The only place that decides it:
// a pure function over a table, first match wins.
#pragma once

#include <cstdint>

namespace pawl {

// One row of the table each, in its order.
enum class forward_answer : std::uint8_t {
    untrusted,    // 403 the peer is no proxy that we were told of
    malformed,    // 400 the request that it asks about can't be read from its headers
    unknown_host, // 403 no enabled client has the host
    allow,        // 200 with who it is
    deny,         // 403 known, and without the role or scope that the host asks for
    sign_in,      // 302 to the start of a sign-in
    challenge,    // 401, with where a sign-in starts
    unauthorized, // 401
};

struct forward_question {
    bool is_trusted = false;     // the direct peer is one of --trusted-proxy
    bool is_well_formed = false; // X-Forwarded-*
    bool has_host = false;       // an enabled client has the host
    bool is_identified = false;  // by a living session of this host, or a good token for it
    bool may_enter = false;      // the roles and scopes of the host's rule; only of one that is identified
    bool is_page = false;        // a browser may be sent elsewhere: GET or HEAD, and no token was shown
    bool redirects = false;      // ?redirect
};

constexpr forward_answer decide_forward(const forward_question& q) {
    if (!q.is_trusted) {
        return forward_answer::untrusted;
    }
    if (!q.is_well_formed) {
        return forward_answer::malformed;
    }
    if (!q.has_host) {
        return forward_answer::unknown_host;
    }
    if (q.is_identified) {
        return q.may_enter ? forward_answer::allow : forward_answer::deny;
    }
    if (!q.is_page) {
        return forward_answer::unauthorized;
    }
    return q.redirects ? forward_answer::sign_in : forward_answer::challenge;
}

} // namespace pawl
