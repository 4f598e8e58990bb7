// The bytes of a snapshot: a header, 64-KiB blocks, a footer. docs/on-disk.md has the table; this is the codec, without
// files.
#pragma once

#include "core/clock.hpp"
#include "storage/log/keys.hpp"
#include "storage/log/segment.hpp"
#include "storage/record/bytes.hpp"
#include "storage/record/snapshot_counts.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace pawl::storage {

inline constexpr std::size_t snapshot_header_size = 4096;
inline constexpr std::size_t snapshot_block_size = 65536;
inline constexpr std::size_t snapshot_block_head_size = 32;
inline constexpr std::size_t snapshot_block_content_max = snapshot_block_size - snapshot_block_head_size;
inline constexpr std::size_t snapshot_footer_size = 4096;

// What every tag of one snapshot covers besides its content, so that no block can be moved to another place.
struct snapshot_identity {
    store_uuid uuid{};
    std::uint64_t lsn = 0; // L
};

struct snapshot_footer {
    std::uint64_t lsn = 0;
    std::uint64_t blocks = 0, records = 0, content_size = 0;
    snapshot_counts counts;
    timestamp_ms time{};
    tag16 tag{}; // over the tags of all blocks and what stands above

    std::uint64_t file_size() const noexcept {
        return snapshot_header_size + blocks * snapshot_block_size + snapshot_footer_size;
    }
};

// Keyed BLAKE2b (libsodium) of the tags of all blocks in order, then of the footer.
class snapshot_tagger {
public:
    explicit snapshot_tagger(bytes_view key, const snapshot_identity& id);
    ~snapshot_tagger();
    snapshot_tagger(const snapshot_tagger&) = delete;
    snapshot_tagger& operator=(const snapshot_tagger&) = delete;
    void add(const tag16& block_tag);
    tag16 finish(bytes_view footer_fields);

private:
    struct state;
    std::unique_ptr<state> state_;
};

using snapshot_header_bytes = std::array<std::uint8_t, snapshot_header_size>;
snapshot_header_bytes encode_snapshot_header(const snapshot_identity& id, const std::array<std::uint8_t, 8>& key_check);
header_fault decode_snapshot_header(bytes_view bytes, const snapshot_identity& id,
                                    const std::array<std::uint8_t, 8>& key_check) noexcept;

// Completes a block of snapshot_block_size bytes whose first `content_size` bytes after the head are filled; gives its
// tag.
tag16 finish_block(std::span<std::uint8_t> block, std::uint32_t index, std::uint32_t content_size, bytes_view key,
                   const snapshot_identity& id);
enum class block_fault : std::uint8_t { none, bad, tampered };
// `content` and `tag` are filled where the fault is none.
block_fault check_block(bytes_view block, std::uint32_t index, bytes_view key, const snapshot_identity& id,
                        bytes_view& content, tag16& tag);
// The CRC alone: for a second reading.
bool block_crc_ok(bytes_view block, std::uint32_t index, const snapshot_identity& id, bytes_view& content) noexcept;

using snapshot_footer_bytes = std::array<std::uint8_t, snapshot_footer_size>;
// Sets footer.tag.
snapshot_footer_bytes encode_snapshot_footer(snapshot_footer& footer, snapshot_tagger& tagger);
// CRC and form only; the tag is compared by the reader once it has seen all blocks.
std::optional<snapshot_footer> decode_snapshot_footer(bytes_view bytes) noexcept;
tag16 expected_footer_tag(bytes_view footer_bytes, snapshot_tagger& tagger);

} // namespace pawl::storage
