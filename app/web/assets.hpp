// The files embedded in the program: compressed once, at build time (embed.py). Static storage, any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pawl::app {

struct asset {
    // What /docs/{id} serves has a plain name; pages and documents that handlers use have one with a slash, which no
    // path segment can have.
    std::string_view name;
    std::string_view content_type;
    std::string_view etag; // weak, since it stands for the compressed and the plain form
    std::string_view gzip;
    std::size_t size; // plain
};

std::span<const asset> all_assets(); // generated; ordered by name

// Null if there is none.
const asset* find_asset(std::string_view name);

// Decompressed; throws std::bad_alloc alone.
std::string unpacked(const asset& a);
// The same on first use, then kept.
std::string_view plain_text(const asset& a);

} // namespace pawl::app
