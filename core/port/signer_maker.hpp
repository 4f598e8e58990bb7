// Port: a key that signs ID tokens with an algorithm, made when the first client wants it. app/instance/operations
// implements it: in the key file, on a thread of its own; in memory where the world is.
#pragma once

#include "core/failure.hpp"
#include "core/jwt/jws_algorithm.hpp"
#include "core/port/task.hpp"

#include <string>

namespace pawl {

class signer_maker {
public:
    virtual ~signer_maker() = default;
    // Gives "signing KID" of the key that was made, as events tell of it; empty where there was one already. The ring
    // has it then. key_file_read_only, signing_key_external, too_many_keys, operations_busy.
    virtual task<result<std::string>> make_signer(jws_algorithm algorithm) = 0;
};

} // namespace pawl
