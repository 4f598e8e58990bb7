// What ties a token without a family to its client as the client was when the token was made: a number that differs
// after the client's epoch was raised, after a restore, and for another client that has the same id later.
#pragma once

#include "core/ids.hpp"

#include <cstdint>

namespace pawl {

// BLAKE2b-64 of the mark (8 bytes), the number (4) and the epoch (4), all little-endian; its bytes read as big-endian,
// so that 16 hex digits of the number are the bytes in their order. `history_mark`: registry::history_mark(). Pure. It
// is no secret: the signature, or the seal, proves who wrote it.
std::uint64_t client_stamp(std::uint64_t history_mark, client_number number, std::uint32_t epoch);

} // namespace pawl
