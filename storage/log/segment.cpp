#include "storage/log/segment.hpp"

#include "storage/log/crc32c.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace pawl::storage {
namespace {

constexpr std::string_view magic = "PAWLSEG1";
constexpr std::size_t at_major = 8, at_minor = 10, at_header_size = 12, at_uuid = 16, at_segno = 32, at_file_size = 40,
                      at_key_check = 48, at_wal_pad = 56, at_crc = segment_header_size - 4;

std::string numbered(const char* prefix, std::uint64_t n, const char* suffix) {
    char text[48];
    const int size =
        std::snprintf(text, sizeof text, "%s%016llx%s", prefix, static_cast<unsigned long long>(n), suffix);
    return {text, static_cast<std::size_t>(size)};
}

std::optional<std::uint64_t> parse_numbered(std::string_view name, std::string_view prefix,
                                            std::string_view suffix) noexcept {
    constexpr std::size_t digits = 16;
    if (name.size() != prefix.size() + digits + suffix.size() || !name.starts_with(prefix) || !name.ends_with(suffix)) {
        return std::nullopt;
    }
    const std::string_view hex = name.substr(prefix.size(), digits);
    if (hex.find_first_not_of("0123456789abcdef") != std::string_view::npos) { // one name per number
        return std::nullopt;
    }
    std::uint64_t n = 0;
    std::from_chars(hex.data(), hex.data() + hex.size(), n, 16);
    return n;
}

// Past the page cache where all that is written is whole sectors, and the log will write whole pages: the kernel copies
// no zeros, and the log's next sync does not wait for them.
open_mode mode_for(const segment_header& header, bytes_view content, segment_blocks blocks) noexcept {
    if (blocks == segment_blocks::reused) {
        return open_mode::write;
    }
    constexpr std::size_t page = aligned_buffer::alignment;
    static_assert(segment_header_size % page == 0);
    const bool whole = content.empty() && header.wal_pad % page == 0 && header.file_size % page == 0;
    return whole ? open_mode::create_direct : open_mode::create;
}

} // namespace

segment_header_bytes encode_segment_header(const segment_header& header) noexcept {
    segment_header_bytes b{};
    std::copy(magic.begin(), magic.end(), b.begin());
    store_le<std::uint16_t>(b.data() + at_major, header.major);
    store_le<std::uint16_t>(b.data() + at_minor, header.minor);
    store_le<std::uint32_t>(b.data() + at_header_size, segment_header_size);
    std::copy(header.uuid.begin(), header.uuid.end(), b.data() + at_uuid);
    store_le<std::uint64_t>(b.data() + at_segno, header.segno);
    store_le<std::uint64_t>(b.data() + at_file_size, header.file_size);
    std::copy(header.key_check.begin(), header.key_check.end(), b.data() + at_key_check);
    store_le<std::uint32_t>(b.data() + at_wal_pad, header.wal_pad);
    store_le<std::uint32_t>(b.data() + at_crc, crc32c(bytes_view{b}.first(at_crc)));
    return b;
}

header_fault decode_segment_header(bytes_view bytes, const store_uuid& uuid,
                                   const std::array<std::uint8_t, 8>& key_check, segment_header& out) noexcept {
    if (bytes.size() < segment_header_size || !std::equal(magic.begin(), magic.end(), bytes.begin()) ||
        load_le<std::uint32_t>(bytes.data() + at_crc) != crc32c(bytes.first(at_crc))) {
        return header_fault::bad;
    }
    out.major = load_le<std::uint16_t>(bytes.data() + at_major);
    out.minor = load_le<std::uint16_t>(bytes.data() + at_minor);
    std::copy_n(bytes.data() + at_uuid, out.uuid.size(), out.uuid.begin());
    out.segno = load_le<std::uint64_t>(bytes.data() + at_segno);
    out.file_size = load_le<std::uint64_t>(bytes.data() + at_file_size);
    std::copy_n(bytes.data() + at_key_check, out.key_check.size(), out.key_check.begin());
    out.wal_pad = load_le<std::uint32_t>(bytes.data() + at_wal_pad);
    if (out.major > format_major) {
        return header_fault::newer_format;
    }
    if (out.uuid != uuid) {
        return header_fault::foreign;
    }
    if (out.key_check != key_check) {
        return header_fault::wrong_key;
    }
    if (load_le<std::uint32_t>(bytes.data() + at_header_size) != segment_header_size || out.wal_pad < wal_pad_min ||
        out.wal_pad > wal_pad_max || !std::has_single_bit(out.wal_pad) || out.file_size > segment_size_max ||
        out.file_size % out.wal_pad != 0) {
        return header_fault::bad;
    }
    return header_fault::none;
}

std::string segment_name(std::uint64_t segno) {
    return numbered("wal-", segno, ".log");
}
std::string snapshot_name(std::uint64_t lsn) {
    return numbered("snap-", lsn, ".dat");
}
std::string cut_name(std::uint64_t segno, unsigned number) {
    const std::string suffix = number == 1 ? ".cut" : "." + std::to_string(number) + ".cut";
    return numbered("wal-", segno, suffix.c_str());
}
std::optional<std::uint64_t> parse_cut_name(std::string_view name) noexcept {
    if (const auto first = parse_numbered(name, "wal-", ".cut")) {
        return first;
    }
    constexpr std::size_t stem = std::string_view("wal-0123456789abcdef").size();
    const std::string_view rest = name.size() > stem ? name.substr(stem) : std::string_view();
    unsigned number = 0;
    const char* const end = rest.data() + rest.size();
    if (rest.size() < 2 || rest.front() != '.' || rest[1] < '1' || rest[1] > '9') {
        return std::nullopt;
    }
    const auto [after, ec] = std::from_chars(rest.data() + 1, end, number);
    if (ec != std::errc() || number < 2 || number > cuts_kept_max || std::string_view(after, end) != ".cut") {
        return std::nullopt;
    }
    return parse_numbered(std::string(name.substr(0, stem)) + ".cut", "wal-", ".cut");
}
std::optional<std::uint64_t> parse_segment_name(std::string_view name) noexcept {
    return parse_numbered(name, "wal-", ".log");
}
std::optional<std::uint64_t> parse_snapshot_name(std::string_view name) noexcept {
    return parse_numbered(name, "snap-", ".dat");
}

std::error_code make_segment(file_system& fs, const segment_header& header, bytes_view content, segment_blocks blocks) {
    constexpr std::size_t chunk = 1U << 20U;
    const std::string name = segment_name(header.segno);
    const std::string temporary = name + temporary_suffix;
    std::error_code ec;
    const segment_header_bytes head = encode_segment_header(header);
    const bytes_view first = content.size() < head.size() ? bytes_view{head} : content;
    {
        const std::unique_ptr<file> f = fs.open(temporary, mode_for(header, content, blocks), ec);
        if (!ec && blocks == segment_blocks::reused) {
            ec = f->resize(header.file_size);
        }
        if (ec) {
            return ec;
        }
        // Zeros are written, not just allocated: no later fdatasync then has to write metadata, and what was not
        // written reads as zeros for certain.
        aligned_buffer zeros;
        zeros.resize(std::min<std::size_t>(chunk, header.file_size));
        std::fill_n(zeros.data(), zeros.size(), std::uint8_t{0});
        for (std::uint64_t at = first.size(); !ec && at < header.file_size;) {
            const std::size_t n = std::min<std::uint64_t>(zeros.size(), header.file_size - at);
            ec = write_fully(*f, at, bytes_view{zeros.data(), n});
            at += n;
        }
        if (!ec && first.data() == head.data()) { // from memory that may go past the cache
            std::copy(head.begin(), head.end(), zeros.data());
            ec = write_fully(*f, 0, bytes_view{zeros.data(), head.size()});
        } else if (!ec) {
            ec = write_fully(*f, 0, first);
        }
        if (!ec) {
            ec = f->sync_all();
        }
    }
    return put_in_place(fs, name, ec);
}

} // namespace pawl::storage
