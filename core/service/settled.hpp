// Decisions that rest on clients, APIs and scopes, told only once those are durable (docs/on-disk.md, R1).
#pragma once

#include "core/port/durability_port.hpp"
#include "core/port/registry.hpp"
#include "core/port/task.hpp"

#include <optional>
#include <utility>

namespace pawl {

// Decisions that differ each from the one before; only a flood of changes to what one of them rests on gets here.
inline constexpr unsigned settled_looks_max = 8;

// What `decide()` gives, once it rests on nothing that a crash could undo: all is durable, or it gave the same before
// the wait for what it rested on then. So changes elsewhere keep no answer waiting. std::nullopt if storage can't stand
// by it. Nothing suspends between the last call of `decide` and the end. Awaited directly: the references outlive the
// call.
template <class Decide>
auto settled(durability_port& data, const registry& entities, const Decide& decide)
    -> task<std::optional<decltype(decide())>> {
    std::optional<decltype(decide())> before;
    for (unsigned look = 0; look < settled_looks_max; ++look) {
        auto decided = decide();
        const ticket rests = entities.rests_on(); // after the look: it covers what was seen
        if (data.is_durable(rests) || (before && *before == decided)) {
            co_return std::optional(std::move(decided));
        }
        before = std::move(decided);
        task<bool> wait = data.durable(rests);
        const bool stands = co_await std::move(wait);
        if (!stands) {
            co_return std::nullopt;
        }
    }
    co_return std::nullopt;
}

} // namespace pawl
