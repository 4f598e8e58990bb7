// Bearer checks: from an access token to who is asking.
#pragma once

#include "core/jwt/verified_tokens.hpp"
#include "core/provider/standard_claims.hpp"
#include "core/service/grant_tokens.hpp"
#include "core/service/services.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace pawl {

class access_guard {
public:
    explicit access_guard(service_context context);

    // Checks the token (core/jwt/access_token), then that its family (sid) is known, alive, its user's and the first
    // party's (what the family says counts, not the claim), and that a
    // name that is its sub is that user's still, to the byte. Marks the
    // generation confirmed. The answer may rest on a change that is not durable yet: it waits for that (R1).
    // A token of a client's family is taken where `of_clients` says so: for our own audience, with that scope, which
    // the family has still. Another one for our audience is insufficient_scope.
    // invalid_access_token, missing_access_token (empty), storage_unavailable. Awaited directly: `token` outlives the
    // call.
    task<result<principal>> authenticate(std::string_view token, std::optional<builtin_scope> of_clients = {});

    // What authenticate() would give, where that waits for nothing: the token is of the first party, and the answer
    // rests on what is durable. So most requests need no coroutine for it. std::nullopt: ask authenticate().
    std::optional<result<principal>> authenticate_now(std::string_view token);

    // For POST /logout: a genuine token whose `exp` may be past, of any family. Nothing if it is not genuine.
    std::optional<family_id> session_of(std::string_view token) const;

    // Any thread. Lives as long as the guard.
    const grant_token_reader& tokens_of_clients() const { return tokens_of_clients_; }

private:
    // What a genuine token says of its session. `may`: a client's family, whose token names the scope that is asked
    // for.
    struct shown_session {
        verified_claims claims;
        bool of_client = false;
        bool may = false;
    };
    // What one look at that session found.
    struct sight {
        enum class kind : std::uint8_t { settled, changing, of_client };
        kind what = kind::settled;
        result<principal> answer = errc::invalid_access_token; // where settled
        result<ticket> rests = ticket::none;                   // and what that rests on
    };

    std::optional<shown_session> read(std::string_view token, std::optional<builtin_scope> of_clients) const;
    std::optional<shown_session> read_of_client(std::string_view token, std::optional<builtin_scope> of_clients) const;
    sight look(const verified_claims& claims) const;
    sight look_at_client(const shown_session& shown, std::optional<builtin_scope> of_clients) const;
    // The answer, told to its asker: a yes confirms the generation of the token.
    result<principal> told(result<principal> answer) const;
    // The claims of a token that is good now; its signature is not checked again where it was a moment ago.
    std::optional<verified_claims> check(std::string_view token) const;
    bool is_subject(const verified_claims& claims, const user& u) const;

    service_context context_;
    std::unique_ptr<verified_tokens> known_;
    grant_token_reader tokens_of_clients_;
};

} // namespace pawl
