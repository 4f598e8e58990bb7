// Port: the words of second factors. Part of core/port/store.hpp, which says how lookups and changes go.
#pragma once

#include "core/factor/word.hpp"
#include "core/failure.hpp"
#include "core/ids.hpp"
#include "core/port/durability_port.hpp"
#include "core/port/family_port.hpp"
#include "core/port/import_outcome.hpp"

#include <cstdint>

namespace pawl {

class factor_port {
public:
    virtual ~factor_port() = default;

    // The word, whose it is and its last use. One that was never used, or that is not known, has word 0.
    virtual factor_state find_factor(user_id user, std::uint32_t factor) const = 0;
    // `desired.word` in the place of `expected`, if that is the word now. `gone`: the user's record has no such factor.
    // A conflict rests on nothing: look again.
    virtual result<exchange_result> exchange_factor(const factor_state& desired, std::uint64_t expected) = 0;
    // Of another store: merged into what is here (core/factor/word.hpp). no_user where the user or its factor is not
    // here; same where nothing changes.
    virtual result<imported> import_factor(const factor_state& read) = 0;
    // What an answer that rests on the word as it is waits for.
    virtual ticket observe_factor(user_id user, std::uint32_t factor) const = 0;
};

} // namespace pawl
