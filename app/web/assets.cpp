#include "app/web/assets.hpp"

#include <boost/assert.hpp>
#include <boost/beast/zlib/inflate_stream.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>

namespace pawl::app {

namespace {

// As embed.py writes it (RFC 1952): ten bytes before the deflate stream (no name, no comment), CRC and size after it.
// Beast's inflater looks a few bits past the end of a short stream: it is given the trailer as well.
constexpr std::size_t gzip_header_size = 10;

struct plain_copy {
    std::once_flag once;
    std::string text;
};

} // namespace

const asset* find_asset(std::string_view name) {
    const auto all = all_assets();
    const auto found = std::ranges::find(all, name, &asset::name);
    return found == all.end() ? nullptr : &*found;
}

std::string unpacked(const asset& a) {
    namespace zlib = boost::beast::zlib;
    BOOST_ASSERT(a.gzip.size() > gzip_header_size);
    std::string plain(a.size, '\0');
    zlib::z_params stream;
    stream.next_in = a.gzip.data() + gzip_header_size;
    stream.avail_in = a.gzip.size() - gzip_header_size;
    stream.next_out = plain.data();
    stream.avail_out = plain.size();
    zlib::inflate_stream inflater;
    boost::beast::error_code ec;
    inflater.write(stream, zlib::Flush::finish, ec);
    if (ec != zlib::error::end_of_stream || stream.total_out != a.size) {
        std::abort(); // what we compressed ourselves is broken: the program is not the one that was built
    }
    return plain;
}

std::string_view plain_text(const asset& a) {
    static const auto copies = std::make_unique<plain_copy[]>(all_assets().size());
    plain_copy& copy = copies[static_cast<std::size_t>(&a - all_assets().data())];
    std::call_once(copy.once, [&] { copy.text = unpacked(a); });
    return copy.text;
}

} // namespace pawl::app
