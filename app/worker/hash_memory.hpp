// The memory that a password hash fills, in huge pages (docs/decisions/0019-hashes-in-huge-pages.md).
#pragma once

#include <cstddef>
#include <cstdint>

namespace pawl::app {

// From here on, large blocks that this thread maps filled (MAP_POPULATE, as libsodium does for each Argon2 hash) lie in
// huge pages, where the system has any to give: 19 MiB are 9 of these and 256 small ones then, not 4,864, and reads all
// over them hardly ever miss the TLB. For hash threads. False in a build for a sanitizer that must see every mapping
// itself.
bool hash_in_huge_pages() noexcept;

// How many blocks this thread has mapped so. Where a hash adds none, libsodium asks for its memory in another way.
std::uint64_t hash_blocks_mapped() noexcept;

// Smaller blocks are mapped as they always are. Bytes.
inline constexpr std::size_t hash_memory_min = std::size_t{4} << 20U;

} // namespace pawl::app
