// A set of scopes in the body of a capsule: 32 bytes. Pure; any thread.
#pragma once

#include "core/capsule/body.hpp"
#include "core/family/scope_set.hpp"

#include <array>
#include <cstdint>

namespace pawl {

inline void write_scopes(body_writer& out, const scope_set& scopes) {
    for (const std::uint64_t word : scopes.words()) {
        out.number(word, sizeof word);
    }
}

inline scope_set read_scopes(body_reader& in) {
    std::array<std::uint64_t, 4> words{};
    for (std::uint64_t& word : words) {
        word = in.number(sizeof word);
    }
    return scope_set::of(words);
}

} // namespace pawl
