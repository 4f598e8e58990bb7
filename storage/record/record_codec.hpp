// What the records of the log and the snapshots say (docs/on-disk.md, "Records"): users, families, words, events.
//
// Every record is the absolute state of one entity, so reading one twice, or in another order, does no harm. All
// integers are little-endian, text is length-prefixed, nothing is aligned. Each version of a body has exactly the
// fields below: a body that is shorter or longer is malformed, a higher version is newer than this program. Recovery
// passes over events of any version. The record `serving` is the log's own: storage/record/serving.hpp.
//
//   use            u32 generation, i64 at, u8[16] address, u8 n, u8[n] agent
//   family_created u8[16] id, u64 user, u32 client, u32 epoch, i64 created_at, u32 idle_ttl, u32 absolute_ttl,
//                  u64 word, u32 ended_after, use, u16 n, u8[n] scope, u16 n, u8[n] binding
//   family_word    u8[16] id, u64 word, u32 ended_after, use
//   user           u64 id, u64 version, i64 created_at, u8 flags, u32 epoch, u8[16] survivor, u8 reason,
//                  i64 gate_changed_at, 5 x (u16 n, u8[n]): email, username, first_name, surname, password_hash,
//                  u16 count of roles, count x (u16 n, u8[n])
//   event          u8 kind, u64 user, u8[16] family, u32 generation_presented, u32 generation_current,
//                  use presented, use last; version 2 (an operator's act) goes on with u64 by, u8 n, u8[n] about
//
// `ended_after`: seconds from creation to the end, 0 where live or not known. `use.generation`: the generation the use
// belongs to, so that a late record can't put an older use over a newer one. `scope` and `binding` are reserved: empty
// in version 1, and a reader refuses them otherwise, since dropping a binding would loosen a family.
#pragma once

#include "core/family/event.hpp"
#include "core/family/family.hpp"
#include "core/family/word.hpp"
#include "core/user/user.hpp"
#include "storage/record/record.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pawl::storage {

inline constexpr std::uint16_t record_version = 1; // of every type, but:
inline constexpr std::uint16_t operator_event_version = 2;
constexpr std::uint16_t version_of(const security_event& e) {
    return has_words(e.kind) ? operator_event_version : record_version;
}

// Views into what was decoded from, or into what is to be encoded: valid as long as that is.
struct use_view {
    std::uint32_t generation = 0;
    timestamp at{};
    peer_address address;
    std::string_view agent; // at most family_use::agent_size_max bytes; longer is cut when encoded
};
use_view view_of(std::uint32_t generation, const family_use& use);

struct family_word_record {
    family_id id;
    family_word word;
    std::uint32_t ended_after = 0;
    use_view use;
};
struct family_created_record {
    family_facts facts;
    family_word word;
    std::uint32_t ended_after = 0;
    use_view use;
};

// Encoding of the small ones needs no memory: this holds any of them.
class record_buffer {
public:
    static constexpr std::size_t capacity = 768;
    std::span<const std::uint8_t> encode(const family_word_record& r) noexcept;
    std::span<const std::uint8_t> encode(const family_created_record& r) noexcept;
    std::span<const std::uint8_t> encode(const security_event& e) noexcept;

private:
    std::array<std::uint8_t, capacity> bytes_{};
};

// Empty where the record would exceed record_body_size_max or a text 65,535 bytes: such a user is refused.
std::vector<std::uint8_t> encode_user(const user& u);

enum class decoding : std::uint8_t {
    ok,
    malformed, // wrong length, a value that no program ever wrote
    newer,     // of a later version of this program
};
decoding decode(const record_view& record, family_word_record& out);
decoding decode(const record_view& record, family_created_record& out);
decoding decode(const record_view& record, user& out);
decoding decode(const record_view& record, security_event& out);

} // namespace pawl::storage
