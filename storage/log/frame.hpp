// Frames: what one batch is on disk. The bytes are in docs/on-disk.md; this is the codec, without files.
#pragma once

#include "core/clock.hpp"
#include "storage/log/keys.hpp"
#include "storage/record/bytes.hpp"
#include "storage/record/record.hpp"

#include <cstdint>
#include <optional>

namespace pawl::storage {

enum class frame_type : std::uint8_t {
    data = 1,   // records
    commit = 2, // no records: written after idle time, so that the batch before it has a successor that proves it
    seal = 3,   // no records: the last frame of a segment, synced before the next segment's first
    clean = 4,  // no records: an orderly stop
};

inline constexpr std::uint32_t frame_magic = 0x314c5750; // "PWL1"
inline constexpr std::uint16_t frame_header_version = 1;
inline constexpr std::size_t frame_header_size = 64;
inline constexpr std::size_t frame_signed_size = 44; // bytes 0..43: under header CRC and chain
inline constexpr std::size_t frame_trailer_size = 4;
inline constexpr std::uint32_t frame_payload_max = 1U << 20U;
inline constexpr std::size_t disk_sector_size = 512; // assumed to be written whole or not at all
static_assert(disk_sector_size % frame_header_size == 0, "a header never crosses a sector");

struct frame_fields {
    frame_type type = frame_type::data;
    std::uint64_t batch_seq = 0; // from 1, strictly +1, across segments
    std::uint64_t first_lsn = 0; // of its first record; a frame without any carries the next
    std::uint32_t n_records = 0;
    timestamp_ms time{};
};

// What is the same in every frame of a store, and the chain that runs through them.
struct frame_context {
    store_uuid uuid{};
    hmac_sha256* mac = nullptr; // under log_keys::chain()
};

// Bytes from header to trailer, and the same padded to `wal_pad` (a power of two).
constexpr std::uint64_t frame_extent(std::uint64_t payload_size) noexcept {
    return frame_header_size + payload_size + frame_trailer_size;
}
constexpr std::uint64_t frame_padded_size(std::uint64_t payload_size, std::uint32_t wal_pad) noexcept {
    return round_up(frame_extent(payload_size), wal_pad);
}

// Completes a frame in `buffer`, whose bytes from frame_header_size on already hold the payload, and which is
// frame_padded_size() long. `chain`: of the frame before; becomes this one's.
void finish_frame(std::span<std::uint8_t> buffer, const frame_fields& fields, std::uint32_t payload_size,
                  const frame_context& context, tag16& chain);

// A header whose magic and CRC (over uuid and bytes 0..43) are right. The rest is for the reader to judge.
struct decoded_header {
    frame_fields fields;
    std::uint8_t type = 0; // as read; fields.type is only meaningful where type_known
    bool type_known = false;
    std::uint16_t version = 0;
    std::uint32_t payload_size = 0;
    std::uint32_t payload_crc = 0, header_crc = 0;
    tag16 chain{};
};
// `bytes` begins at the header; std::nullopt if it is short or not valid.
std::optional<decoded_header> decode_frame_header(bytes_view bytes, const store_uuid& uuid) noexcept;

// `bytes` holds the whole extent. True where payload CRC and trailer are right.
bool frame_content_ok(bytes_view bytes, const decoded_header& header) noexcept;
// The chain this frame should carry, given the one before it.
tag16 expected_chain(bytes_view bytes, const decoded_header& header, const frame_context& context,
                     const tag16& chain_before);

// Appends one record to a payload of at least record_header_size + body.size() bytes at `out`; gives its size.
std::size_t encode_record(std::uint8_t* out, std::uint16_t type, std::uint16_t version, bytes_view body) noexcept;

// Walks the records of a payload or of a snapshot's content. next() is false at the end and where the bytes are no
// records; complete() tells the two apart.
class record_cursor {
public:
    explicit record_cursor(bytes_view payload) noexcept : rest_(payload) {}
    bool next(record_view& out) noexcept; // fills type, version, body
    bool complete() const noexcept { return rest_.empty(); }

private:
    bytes_view rest_;
};

} // namespace pawl::storage
