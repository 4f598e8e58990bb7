// What becomes of a record that another store gave: a user, a family, a client ... Part of core/port/store.hpp.
#pragma once

#include "core/port/durability_port.hpp"

#include <cstdint>

namespace pawl {

// What became of a record that another store gave (import).
enum class import_outcome : std::uint8_t {
    added,          // it is here now, as it was there
    same,           // it was here already, equal
    id_taken,       // its id is here already, with other content
    email_taken,    // another user has its email as a login name
    username_taken, // or its username
    name_taken,     // of a client, an API, a scope: another has its client_id, identifier or name
    no_user,        // of a family: its user is not here
    refused,        // this store cannot hold such a record
};
struct imported {
    import_outcome outcome{};
    ticket wait_for = ticket::none; // refusals rest on something, too
};

} // namespace pawl
