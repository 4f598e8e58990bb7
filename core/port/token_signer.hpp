// Port: signatures that may take a millisecond (RS256), made where they keep no connection waiting. app/worker
// implements it: at once for the fast algorithms, on threads of its own for RSA.
#pragma once

#include "core/failure.hpp"
#include "core/jwt/key_ring.hpp"
#include "core/port/task.hpp"

#include <memory>
#include <string>

namespace pawl {

// A place in the queue of signatures. Its destruction gives it back.
class signing_place {
public:
    signing_place() = default;
    virtual ~signing_place() = default;
    signing_place(const signing_place&) = delete;
    signing_place& operator=(const signing_place&) = delete;
};

// The right to one signature with this key.
struct signing_turn {
    std::shared_ptr<const jws_key> key;   // null where there is no right
    std::unique_ptr<signing_place> place; // null where none is needed
};

class token_signer {
public:
    virtual ~token_signer() = default;
    // Taken before what a refusal would spoil: a code, a generation. password_queue_full, with retry_after, where too
    // many wait. `key` is not null.
    virtual result<signing_turn> admit(std::shared_ptr<const jws_key> key) = 0;
    // `signing_input`, a dot, and the signature in base64url. `turn` is from admit(); password_queue_full only where
    // the server stops meanwhile.
    virtual task<result<std::string>> sign(signing_turn turn, std::string signing_input) = 0;
};

} // namespace pawl
