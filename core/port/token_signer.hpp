// Port: signatures that may take a millisecond (RS256), made where they keep no connection waiting. app/worker
// implements it: at once for the fast algorithms, on the hash threads and before hashes for RSA.
#pragma once

#include "core/failure.hpp"
#include "core/jwt/key_ring.hpp"
#include "core/port/task.hpp"

#include <memory>
#include <string>

namespace pawl {

class token_signer {
public:
    virtual ~token_signer() = default;
    // `signing_input`, a dot, and the signature in base64url. password_queue_full where too many wait.
    virtual task<result<std::string>> sign(std::shared_ptr<const jws_key> key, std::string signing_input) = 0;
};

} // namespace pawl
