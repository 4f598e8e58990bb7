// What a token without a family carries to die with its client or with a restore. Pure.
#pragma once

#include "core/ids.hpp"

#include <cstdint>
#include <string>

namespace pawl {

// The first 64 bits of BLAKE2b-128 over the history's mark (registry::history_mark(), 8 B), the client's number (4 B)
// and its epoch (4 B), all big-endian. A raised epoch or another history gives another stamp, so a token is alive only
// if its stamp is that of its client now. It needs no key: tokens are signed or sealed.
std::uint64_t client_stamp(std::uint64_t history_mark, client_number number, std::uint32_t epoch);

// The claim `client_epoch`: 16 lower-case hex digits.
std::string client_stamp_text(std::uint64_t stamp);

} // namespace pawl
