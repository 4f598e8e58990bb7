// Records: what frames and snapshot blocks carry. The log layer moves them as bytes; the store gives them meaning
// (storage/entity). docs/on-disk.md has the bytes.
#pragma once

#include "core/clock.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace pawl::storage {

inline constexpr std::uint16_t critical_record_bit =
    0x8000; // an unknown type with it refuses the log; without it is skipped

enum class record_type : std::uint16_t {
    user = 1 | critical_record_bit,           // absolute state of one user
    family_created = 2 | critical_record_bit, // facts, word and use of a new family
    family_word = 3 | critical_record_bit,    // absolute word and last use of a known family
    event = 4,                                // evidence
    client = 5 | critical_record_bit,         // one version of a client, as are the next two
    scope = 6 | critical_record_bit,
    api = 7 | critical_record_bit,
    consent = 8 | critical_record_bit,        // one version of what a user allowed a client
    factor_word = 10 | critical_record_bit,   // absolute word of one factor of a user
    mail = 11,                                // a mail that is to be sent, or what became of it
    serving = 12,                             // when this store was served (serving.hpp)
    revoked_token = 13 | critical_record_bit, // an access token without a family that was revoked
};
// All of them. storage/entity/all.hpp declares each, or does not compile.
inline constexpr std::array record_types{
    record_type::user,          record_type::family_created, record_type::family_word, record_type::event,
    record_type::client,        record_type::scope,          record_type::api,         record_type::serving,
    record_type::revoked_token, record_type::consent,        record_type::mail};
// False for a type of a newer format. An unknown critical one refuses the log; another is skipped.
constexpr bool is_known_record(std::uint16_t type) noexcept {
    for (const record_type known : record_types) {
        if (type == static_cast<std::uint16_t>(known)) {
            return true;
        }
    }
    return false;
}

// The minor version of the format that a record came with: its type, or this version of it. A store says the highest it
// holds; without any it is one of 1.0, and a program of then reads it (docs/on-disk.md).
constexpr std::uint16_t format_minor_of(std::uint16_t type, std::uint16_t version) noexcept {
    switch (static_cast<record_type>(type)) {
    case record_type::user:
    case record_type::family_created:
    case record_type::family_word:
        return version > 1 ? 1 : 0;
    case record_type::client:
    case record_type::scope:
    case record_type::api:
    case record_type::revoked_token:
    case record_type::consent:
    case record_type::factor_word:
        return 1;
    default:
        return 0;
    }
}

inline constexpr std::size_t record_header_size = 8; // u16 type, u16 version, u32 body_len
inline constexpr std::size_t record_body_size_max = 64 * 1024;

struct record_view {
    std::uint16_t type = 0;
    std::uint16_t version = 0;
    std::span<const std::uint8_t> body; // valid during the call it is handed to
    std::uint64_t lsn = 0;              // records are numbered from 1; in a snapshot: the snapshot's L
    timestamp_ms time{};                // of its frame; in a snapshot: the manifest's
};

// What a record was about, kept in memory beside it until its batch is durable: the store advances durable words by it.
struct record_tag {
    std::array<std::uint8_t, 16> subject{}; // family id, or the user id in the first 8 bytes (little-endian)
    std::uint64_t value = 0;                // the word, or the user's version
    enum class kind : std::uint8_t { none, family, user } what = kind::none;
    // With it a window opens, or may be open: the log goes on telling the time (log_writer_options::window).
    bool opens_window = false;
    bool with_next = false; // the record after it is of the same group: the log sets it
};

} // namespace pawl::storage
