// What the records of the log and the snapshots say: users, families, words, events, by their declarations
// (storage/entity, docs/on-disk.md, "Records").
//
// Every record is the absolute state of one entity, so reading one twice, or in another order, does no harm. Each
// version of a body has exactly its fields: a body that is shorter or longer is malformed, a higher version is newer
// than this program. Recovery passes over events of any version.
#pragma once

#include "storage/entity/event.hpp"
#include "storage/entity/family.hpp"
#include "storage/entity/user.hpp"
#include "storage/record/codec.hpp"

#include <cstdint>
#include <vector>

namespace pawl::storage {

inline constexpr std::uint16_t record_version = 1; // the first of every type
inline constexpr std::uint16_t operator_event_version = declaration<security_event>::version;

// Empty where the record would exceed record_body_size_max: such a user is refused.
inline std::vector<std::uint8_t> encode_user(const user& u) {
    return encode_body(u);
}

} // namespace pawl::storage
