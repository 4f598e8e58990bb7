#include "storage/log/segment_loader.hpp"

#include <algorithm>

namespace pawl::storage {
namespace {

constexpr std::size_t read_at_once = 4U << 20U;
constexpr std::size_t smallest_read = aligned_buffer::alignment;

// Reads [0, size) in large pieces. Where one fails, it is read again in the smallest pieces the device takes, so that
// the message names the place.
std::uint64_t read_whole(file& f, std::uint64_t size, aligned_buffer& buffer, std::error_code& ec) {
    const std::uint64_t room = buffer.capacity(); // direct I/O reads whole blocks: more is asked for than there is
    std::uint64_t at = 0;
    std::size_t piece = read_at_once;
    while (at < size) {
        const std::size_t want = std::min<std::uint64_t>(piece, room - at);
        const std::size_t n = f.read_some(at, {buffer.data() + at, want}, ec);
        if (ec == std::errc::interrupted) {
            ec.clear();
            continue;
        }
        if (ec && piece > smallest_read) {
            piece = smallest_read;
            ec.clear();
            continue;
        }
        if (ec || n == 0) {
            break;
        }
        at += n;
        if (at < size && at % smallest_read != 0) { // a short read that direct I/O cannot go on from
            at = round_down(at, smallest_read);
        }
    }
    return std::min(at, size);
}

segment_fault fault_of(header_fault f) {
    switch (f) {
    case header_fault::none:
        return segment_fault::none;
    case header_fault::bad:
        return segment_fault::bad_header;
    case header_fault::newer_format:
        return segment_fault::newer_format;
    case header_fault::foreign:
        return segment_fault::foreign;
    case header_fault::wrong_key:
        return segment_fault::wrong_key;
    }
    return segment_fault::bad_header;
}

} // namespace

bool load_segment(file_system& fs, std::uint64_t segno, const store_uuid& uuid, const log_keys& keys,
                  loaded_segment& out, std::uint64_t size_max) {
    return load_segment(fs, segno, uuid, keys.key_check(uuid), out, size_max);
}

bool load_segment(file_system& fs, std::uint64_t segno, const store_uuid& uuid,
                  const std::array<std::uint8_t, 8>& key_check, loaded_segment& out, std::uint64_t size_max) {
    out.offset = 0;
    out.error.clear();
    const auto fail = [&](segment_fault fault) {
        out.fault = fault;
        return false;
    };
    const std::unique_ptr<file> f = fs.open(segment_name(segno), open_mode::read_direct, out.error);
    if (out.error) {
        return fail(out.error == std::errc::no_such_file_or_directory ? segment_fault::missing
                                                                      : segment_fault::unreadable);
    }
    out.direct = f->is_direct();
    const std::uint64_t size = f->size(out.error);
    if (out.error) {
        return fail(segment_fault::unreadable);
    }
    if (size < segment_header_size || size > segment_size_max) {
        return fail(segment_fault::wrong_size);
    }
    const std::uint64_t wanted = std::min(size, size_max);
    out.bytes.resize(static_cast<std::size_t>(wanted));
    out.offset = read_whole(*f, wanted, out.bytes, out.error);
    if (out.error || out.offset < wanted) {
        return fail(segment_fault::unreadable);
    }
    out.offset = 0;
    const segment_fault header = fault_of(decode_segment_header(out.bytes.view(), uuid, key_check, out.header));
    if (header != segment_fault::none) {
        return fail(header);
    }
    if (out.header.segno != segno) {
        return fail(segment_fault::wrong_number);
    }
    if (out.header.file_size != size) {
        return fail(segment_fault::wrong_size);
    }
    out.fault = segment_fault::none;
    return true;
}

const char* describe(segment_fault fault) noexcept {
    switch (fault) {
    case segment_fault::none:
        return "good";
    case segment_fault::missing:
        return "a segment is missing";
    case segment_fault::unreadable:
        return "cannot be read";
    case segment_fault::bad_header:
        return "the segment header is damaged";
    case segment_fault::newer_format:
        return "written by a newer version of pawl; nothing was touched";
    case segment_fault::foreign:
        return "belongs to another store";
    case segment_fault::wrong_key:
        return "this key file is not the one these data were written with; nothing was touched";
    case segment_fault::wrong_number:
        return "is another segment than its name says";
    case segment_fault::wrong_size:
        return "the file has not the size its header says";
    }
    return "";
}

} // namespace pawl::storage
