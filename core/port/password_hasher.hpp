// Port: password hashing on other threads than the io threads. app/worker/password_pool does it over core/password.
#pragma once

#include "core/failure.hpp"
#include "core/port/task.hpp"
#include "core/secret.hpp"

#include <string>

namespace pawl {

struct verified_password {
    bool matches = false;
    bool needs_rehash = false; // it matches, but the stored hash is of another scheme or cost than today's
};

class password_hasher {
public:
    virtual ~password_hasher() = default;
    // Runs one hash in the bounded pool. `stored` is a PHC or crypt string; for one that is empty or can't be verified,
    // a dummy of today's cost is verified instead, so that the time taken tells nothing. password_queue_full where pool
    // and queue are full, hash_memory_unavailable where there is no memory for the hash. The permit belongs to the job:
    // a client that goes away does not free it early.
    virtual task<result<verified_password>> verify(secret_string password, std::string stored) = 0;
    // The PHC string of today's scheme and cost. Refused as above.
    virtual task<result<std::string>> hash(secret_string password) = 0;
};

} // namespace pawl
