// Reading the blocks of a snapshot file, some at a time. Internal to storage/snapshot.
#pragma once

#include "storage/snapshot/snapshot_reader.hpp"

#include <algorithm>

namespace pawl::storage {

inline constexpr std::size_t blocks_at_once = 16; // 1 MiB a read

// Reads exactly `out.size()` bytes; false where there is less or an error (then `fault` says which).
inline bool read_exactly(file& f, std::uint64_t offset, std::span<std::uint8_t> out, snapshot_fault& fault) {
    std::error_code ec;
    if (read_fully(f, offset, out, ec) == out.size()) {
        return true;
    }
    fault = ec ? snapshot_fault::unreadable : snapshot_fault::bad;
    return false;
}

// Calls visit(index, block) for the blocks [first, last) until it is false. The offset of the failure is left in
// `offset`.
template <class Visit>
bool for_each_block(file& f, std::uint64_t first, std::uint64_t last, aligned_buffer& buffer, snapshot_fault& fault,
                    std::uint64_t& offset, const Visit& visit) {
    for (; first < last; first += blocks_at_once) {
        const std::uint64_t n = std::min<std::uint64_t>(blocks_at_once, last - first);
        offset = snapshot_header_size + first * snapshot_block_size;
        const std::span<std::uint8_t> bytes = buffer.span().first(n * snapshot_block_size);
        if (!read_exactly(f, offset, bytes, fault)) {
            return false;
        }
        for (std::uint64_t i = 0; i < n; ++i, offset += snapshot_block_size) {
            if (!visit(static_cast<std::uint32_t>(first + i),
                       bytes_view{bytes.subspan(i * snapshot_block_size, snapshot_block_size)})) {
                return false;
            }
        }
    }
    return true;
}

} // namespace pawl::storage
