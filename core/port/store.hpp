// Port: everything the services ask of storage, in the domain's words. storage/store/embedded_store implements it over
// the lock-free map and the log. Lookups and changes are synchronous by design: a store that asks a database over a
// socket can't implement it; another log can (storage/record/record_log.hpp).
//
// Three kinds of functions:
//
//   - lookups: lock-free, never block, copy what they find; any thread.
//   - changes: plain functions that publish in memory and enqueue a record in one step; they do not suspend. They give
//     a ticket. Room is reserved first, so a change either happens with its record enqueued or is refused whole
//     (storage_unavailable). Any thread that the store knows (io threads, tests).
//   - durable(ticket): completes when what the ticket stands for is on disk. Nothing that rests on a change may be told
//     to a client before (docs/on-disk.md, R1).
//
// It has four parts: families (family_port.hpp), records of users and evidence (record_port.hpp), words of factors
// (factor_port.hpp), durability (durability_port.hpp). A function that needs one of them asks for that one.
#pragma once

#include "core/port/durability_port.hpp"
#include "core/port/factor_port.hpp"
#include "core/port/family_port.hpp"
#include "core/port/record_port.hpp"

namespace pawl {

class store : public family_port, public record_port, public factor_port, public durability_port {};

} // namespace pawl
