#include "storage/log/frame.hpp"

#include "storage/log/crc32c.hpp"

#include <boost/assert.hpp>

#include <algorithm>

namespace pawl::storage {
namespace {

// Offsets of the header; docs/on-disk.md has the same table.
constexpr std::size_t at_magic = 0, at_type = 4, at_version = 6, at_batch_seq = 8, at_first_lsn = 16, at_n_records = 24,
                      at_payload_size = 28, at_time = 32, at_payload_crc = 40, at_header_crc = 44, at_chain = 48;
static_assert(at_header_crc == frame_signed_size);
static_assert(at_chain + sizeof(tag16) == frame_header_size);

std::uint32_t header_crc(const std::uint8_t* header, const store_uuid& uuid) noexcept {
    return crc32c({header, frame_signed_size}, crc32c(uuid));
}

// Differs between frames, so that a stale one is not taken for this one's; covers the chain, so that rot in it is told
// from another hand; its last byte is never zero, nor one flipped bit from it, so that a trailer that was not written
// can be told.
std::uint32_t trailer_of(std::uint32_t payload_crc, std::uint32_t crc_of_header, const tag16& chain) noexcept {
    return (payload_crc ^ crc_of_header ^ crc32c(chain)) | 0x81000000U;
}

} // namespace

void finish_frame(std::span<std::uint8_t> buffer, const frame_fields& fields, std::uint32_t payload_size,
                  const frame_context& context, tag16& chain) {
    BOOST_ASSERT(payload_size <= frame_payload_max && buffer.size() >= frame_extent(payload_size));
    std::uint8_t* const h = buffer.data();
    const bytes_view payload = buffer.subspan(frame_header_size, payload_size);
    const std::uint32_t payload_crc = crc32c(payload);
    store_le<std::uint32_t>(h + at_magic, frame_magic);
    h[at_type] = static_cast<std::uint8_t>(fields.type);
    h[at_type + 1] = 0;
    store_le<std::uint16_t>(h + at_version, frame_header_version);
    store_le<std::uint64_t>(h + at_batch_seq, fields.batch_seq);
    store_le<std::uint64_t>(h + at_first_lsn, fields.first_lsn);
    store_le<std::uint32_t>(h + at_n_records, fields.n_records);
    store_le<std::uint32_t>(h + at_payload_size, payload_size);
    store_le<std::int64_t>(h + at_time, fields.time.time_since_epoch().count());
    store_le<std::uint32_t>(h + at_payload_crc, payload_crc);
    const std::uint32_t crc = header_crc(h, context.uuid);
    store_le<std::uint32_t>(h + at_header_crc, crc);
    chain = context.mac->compute16({chain, bytes_view{h, frame_signed_size}, payload});
    std::copy(chain.begin(), chain.end(), h + at_chain);
    std::uint8_t* const after = h + frame_header_size + payload_size;
    store_le<std::uint32_t>(after, trailer_of(payload_crc, crc, chain));
    std::fill(after + frame_trailer_size, h + buffer.size(), std::uint8_t{0});
}

std::optional<decoded_header> decode_frame_header(bytes_view bytes, const store_uuid& uuid) noexcept {
    const std::uint8_t* const h = bytes.data();
    if (bytes.size() < frame_header_size || load_le<std::uint32_t>(h + at_magic) != frame_magic ||
        load_le<std::uint32_t>(h + at_header_crc) != header_crc(h, uuid)) {
        return std::nullopt;
    }
    decoded_header d;
    d.type = h[at_type];
    d.type_known =
        d.type >= static_cast<std::uint8_t>(frame_type::data) && d.type <= static_cast<std::uint8_t>(frame_type::clean);
    d.fields.type = static_cast<frame_type>(d.type);
    d.version = load_le<std::uint16_t>(h + at_version);
    d.fields.batch_seq = load_le<std::uint64_t>(h + at_batch_seq);
    d.fields.first_lsn = load_le<std::uint64_t>(h + at_first_lsn);
    d.fields.n_records = load_le<std::uint32_t>(h + at_n_records);
    d.payload_size = load_le<std::uint32_t>(h + at_payload_size);
    d.fields.time = timestamp_ms{milliseconds{load_le<std::int64_t>(h + at_time)}};
    d.payload_crc = load_le<std::uint32_t>(h + at_payload_crc);
    d.header_crc = load_le<std::uint32_t>(h + at_header_crc);
    std::copy_n(h + at_chain, d.chain.size(), d.chain.begin());
    return d;
}

bool frame_content_ok(bytes_view bytes, const decoded_header& header) noexcept {
    BOOST_ASSERT(bytes.size() >= frame_extent(header.payload_size));
    const std::uint32_t trailer = load_le<std::uint32_t>(bytes.data() + frame_header_size + header.payload_size);
    return trailer == trailer_of(header.payload_crc, header.header_crc, header.chain) &&
           crc32c(bytes.subspan(frame_header_size, header.payload_size)) == header.payload_crc;
}

tag16 expected_chain(bytes_view bytes, const decoded_header& header, const frame_context& context,
                     const tag16& chain_before) {
    return context.mac->compute16(
        {chain_before, bytes.first(frame_signed_size), bytes.subspan(frame_header_size, header.payload_size)});
}

std::size_t encode_record(std::uint8_t* out, std::uint16_t type, std::uint16_t version, bytes_view body) noexcept {
    store_le<std::uint16_t>(out, type);
    store_le<std::uint16_t>(out + 2, version);
    store_le<std::uint32_t>(out + 4, static_cast<std::uint32_t>(body.size()));
    std::copy(body.begin(), body.end(), out + record_header_size);
    return record_header_size + body.size();
}

bool record_cursor::next(record_view& out) noexcept {
    if (rest_.size() < record_header_size) {
        return false;
    }
    const std::uint32_t body_size = load_le<std::uint32_t>(rest_.data() + 4);
    if (body_size > record_body_size_max || body_size > rest_.size() - record_header_size) {
        return false;
    }
    out.type = load_le<std::uint16_t>(rest_.data());
    out.version = load_le<std::uint16_t>(rest_.data() + 2);
    out.body = rest_.subspan(record_header_size, body_size);
    rest_ = rest_.subspan(record_header_size + body_size);
    return true;
}

} // namespace pawl::storage
