// The bytes: golden values, so that a change of format is a decision and not an accident.
#include "storage/directory/manifest.hpp"
#include "storage/log/crc32c.hpp"
#include "storage/log/frame.hpp"
#include "storage/log/scanner.hpp"
#include "storage/log/segment.hpp"
#include "storage/snapshot/snapshot_format.hpp"
#include "tests/storage/log_fixture.hpp"

#include <numeric>

using namespace pawl;
using namespace pawl::test;

namespace {

std::string hex(bytes_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const std::uint8_t b : bytes) {
        out += digits[b >> 4U];
        out += digits[b & 15U];
    }
    return out;
}

store_uuid fixed_uuid() {
    store_uuid u;
    std::iota(u.begin(), u.end(), std::uint8_t{0x10});
    return u;
}

std::vector<std::uint8_t> golden_frame(tag16& chain, std::uint32_t wal_pad = 64) {
    const log_keys keys{log_key()};
    hmac_sha256 mac{keys.chain()};
    const frame_context context{fixed_uuid(), &mac};
    const std::vector<std::uint8_t> body{1, 2, 3, 4, 5};
    const std::uint32_t payload = record_header_size + 5;
    std::vector<std::uint8_t> frame(frame_padded_size(payload, wal_pad));
    encode_record(frame.data() + frame_header_size, static_cast<std::uint16_t>(record_type::event), 3, body);
    frame_fields f;
    f.batch_seq = 9;
    f.first_lsn = 77;
    f.n_records = 1;
    f.time = timestamp_ms{milliseconds{1'700'000'000'123}};
    chain = keys.chain_origin(context.uuid);
    finish_frame(frame, f, payload, context, chain);
    return frame;
}

} // namespace

BOOST_AUTO_TEST_SUITE(log_codec)

BOOST_AUTO_TEST_CASE(crc32c_gives_the_values_of_rfc_3720) {
    std::vector<std::uint8_t> b(32, 0);
    for (const auto crc : {&crc32c, &crc32c_portable}) {
        std::fill(b.begin(), b.end(), std::uint8_t{0});
        BOOST_TEST(crc(b, 0) == 0x8a9136aaU);
        std::fill(b.begin(), b.end(), std::uint8_t{0xff});
        BOOST_TEST(crc(b, 0) == 0x62a8ab43U);
        std::iota(b.begin(), b.end(), std::uint8_t{0});
        BOOST_TEST(crc(b, 0) == 0x46dd794eU);
    }
}

BOOST_AUTO_TEST_CASE(crc32c_of_the_processor_and_of_the_table_agree_and_continue) {
    std::mt19937_64 random{3};
    std::vector<std::uint8_t> b(300);
    for (std::uint8_t& x : b) {
        x = static_cast<std::uint8_t>(random());
    }
    for (std::size_t n = 0; n <= b.size(); ++n) {
        const bytes_view v = bytes_view{b}.first(n);
        BOOST_REQUIRE_EQUAL(crc32c(v), crc32c_portable(v));
        BOOST_REQUIRE_EQUAL(crc32c(v.subspan(n / 3), crc32c(v.first(n / 3))), crc32c(v));
    }
}

BOOST_AUTO_TEST_CASE(hmac_gives_the_values_of_rfc_4231) {
    const std::vector<std::uint8_t> key(20, 0x0b);
    const std::string text = "Hi There";
    hmac_sha256 mac{key};
    const bytes_view data{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    for (int again = 0; again < 2; ++again) { // the context is used again
        BOOST_TEST(hex(mac.compute({data.first(3), data.subspan(3)})) ==
                   "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    }
}

BOOST_AUTO_TEST_CASE(a_frame_has_these_bytes) {
    tag16 chain{};
    const std::vector<std::uint8_t> frame = golden_frame(chain);
    BOOST_TEST(frame.size() == 128U);
    BOOST_TEST(hex(bytes_view{frame}.first(frame_signed_size)) == "50574c31"
                                                                  "01"
                                                                  "00"
                                                                  "0100"
                                                                  "0900000000000000"
                                                                  "4d00000000000000"
                                                                  "01000000"
                                                                  "0d000000"
                                                                  "7b68e5cf8b010000"
                                                                  "27c7bfff");
    BOOST_TEST(hex(bytes_view{frame}.subspan(44, 20)) == "43dfb5490c43b9b1ecaad0925ea0fab3be168058");
    BOOST_TEST(hex(bytes_view{frame}.subspan(64, 17)) == "0400"
                                                         "0300"
                                                         "05000000"
                                                         "0102030405"
                                                         "a76e1ee7");
    BOOST_TEST(all_zero(bytes_view{frame}.subspan(81)));
    BOOST_TEST(hex(chain) == hex(bytes_view{frame}.subspan(48, 16)));
}

BOOST_AUTO_TEST_CASE(a_frame_reads_back_as_it_was_written) {
    tag16 chain{};
    const std::vector<std::uint8_t> frame = golden_frame(chain);
    const auto header = decode_frame_header(frame, fixed_uuid());
    BOOST_REQUIRE(header.has_value());
    BOOST_TEST(header->type_known);
    BOOST_TEST(header->version == frame_header_version);
    BOOST_TEST(header->fields.batch_seq == 9U);
    BOOST_TEST(header->fields.first_lsn == 77U);
    BOOST_TEST(header->payload_size == 13U);
    BOOST_TEST(frame_content_ok(frame, *header));
    record_cursor cursor{bytes_view{frame}.subspan(frame_header_size, header->payload_size)};
    record_view r;
    BOOST_REQUIRE(cursor.next(r));
    BOOST_TEST(r.version == 3U);
    BOOST_TEST(hex(r.body) == "0102030405");
    BOOST_TEST(!cursor.next(r));
    BOOST_TEST(cursor.complete());
}

BOOST_AUTO_TEST_CASE(a_frame_of_another_store_is_none) {
    tag16 chain{};
    store_uuid other = fixed_uuid();
    other[3] ^= 1;
    BOOST_TEST(!decode_frame_header(golden_frame(chain), other).has_value());
}

BOOST_AUTO_TEST_CASE(every_changed_bit_of_a_frame_shows) {
    tag16 chain{};
    const log_keys keys{log_key()};
    hmac_sha256 mac{keys.chain()};
    const frame_context context{fixed_uuid(), &mac};
    std::vector<std::uint8_t> frame = golden_frame(chain);
    const std::uint64_t extent = frame_extent(13);
    for (std::uint64_t bit = 0; bit < extent * 8; ++bit) {
        frame[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        const auto h = decode_frame_header(frame, context.uuid);
        const bool good = h && h->payload_size == 13 && frame_content_ok(frame, *h) &&
                          expected_chain(frame, *h, context, keys.chain_origin(context.uuid)) == h->chain;
        BOOST_REQUIRE_MESSAGE(!good, "bit " << bit);
        frame[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    }
}

BOOST_AUTO_TEST_CASE(a_segment_header_has_these_bytes) {
    const log_keys keys{log_key()};
    segment_header h;
    h.uuid = fixed_uuid();
    h.segno = 5;
    h.file_size = 1U << 20U;
    h.key_check = keys.key_check(h.uuid);
    const segment_header_bytes b = encode_segment_header(h);
    BOOST_TEST(hex(bytes_view{b}.first(64)) == "5041574c53454731"
                                               "0100"
                                               "0000"
                                               "00100000"
                                               "101112131415161718191a1b1c1d1e1f"
                                               "0500000000000000"
                                               "0000100000000000"
                                               "63426166c3435302"
                                               "00100000"
                                               "00000000");
    BOOST_TEST(all_zero(bytes_view{b}.subspan(60, 4092 - 60)));
    segment_header back;
    BOOST_TEST((decode_segment_header(b, h.uuid, h.key_check, back) == header_fault::none));
    BOOST_TEST(back.segno == 5U);
    BOOST_TEST(back.wal_pad == 4096U);
}

BOOST_AUTO_TEST_CASE(a_segment_header_says_what_is_wrong_with_it) {
    const log_keys keys{log_key()}, others{log_key(8)};
    segment_header h, out;
    h.uuid = fixed_uuid();
    h.file_size = 1U << 20U;
    h.key_check = keys.key_check(h.uuid);
    const auto fault = [&](const segment_header& x, const std::array<std::uint8_t, 8>& key) {
        return decode_segment_header(encode_segment_header(x), fixed_uuid(), key, out);
    };
    BOOST_TEST((fault(h, others.key_check(h.uuid)) == header_fault::wrong_key));
    segment_header newer = h;
    newer.major = format_major + 1;
    BOOST_TEST((fault(newer, h.key_check) == header_fault::newer_format));
    segment_header foreign = h;
    foreign.uuid[0] ^= 1;
    BOOST_TEST((fault(foreign, h.key_check) == header_fault::foreign));
    segment_header odd = h;
    odd.wal_pad = 4097;
    BOOST_TEST((fault(odd, h.key_check) == header_fault::bad));
    odd = h;
    odd.file_size = segment_size_max + 4096;
    BOOST_TEST((fault(odd, h.key_check) == header_fault::bad));
}

BOOST_AUTO_TEST_CASE(names_are_read_strictly) {
    BOOST_TEST(segment_name(0x1f) == "wal-000000000000001f.log");
    BOOST_TEST(snapshot_name(16) == "snap-0000000000000010.dat");
    BOOST_TEST(parse_segment_name("wal-000000000000001f.log").value() == 0x1fU);
    for (const char* const bad : {"wal-000000000000001F.log", "wal-1.log", "wal-000000000000001f.log.tmp",
                                  "wal--00000000000001f.log", "snap-000000000000001f.log", ""}) {
        BOOST_TEST(!parse_segment_name(bad).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_manifest_reads_back_and_every_changed_bit_of_it_shows) {
    const log_keys keys{log_key()};
    manifest m;
    m.seq = 12;
    m.uuid = fixed_uuid();
    m.key_check = keys.key_check(m.uuid);
    m.oldest = {3, 44, 555, keys.chain_origin(m.uuid)};
    manifest_snapshot s;
    s.start = {4, 55, 666, keys.chain_origin(m.uuid)};
    s.lsn = 666;
    s.size = 7777;
    m.snapshots.push_back(s);
    m.floor_batch_seq = 54;
    m.next_user_id = 0xffffffffffffffffU;
    m.restore_epoch = 0xfedcba9876543210U; // a mark takes all 64 bits
    m.time = timestamp_ms{milliseconds{1'700'000'000'000}};
    std::string text = encode_manifest(m, keys);
    const decoded_manifest back = decode_manifest(text, keys);
    BOOST_REQUIRE((back.fault == manifest_fault::none));
    BOOST_TEST((back.value == m));
    for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
        BOOST_REQUIRE((decode_manifest(text, keys).fault == manifest_fault::bad));
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << (bit % 8)));
    }
    BOOST_TEST((decode_manifest(text, log_keys{log_key(8)}).fault == manifest_fault::wrong_key));
    for (std::size_t n = 0; n < text.size(); ++n) {
        BOOST_REQUIRE((decode_manifest(text.substr(0, n), keys).fault == manifest_fault::bad));
    }
}

BOOST_AUTO_TEST_CASE(an_edited_manifest_with_its_crc_made_right_is_tampered_with) {
    const log_keys keys{log_key()};
    manifest m;
    m.uuid = fixed_uuid();
    m.key_check = keys.key_check(m.uuid);
    m.floor_batch_seq = 54;
    std::string text = encode_manifest(m, keys);
    text.replace(text.find("\"floor_batch_seq\":54"), 20, "\"floor_batch_seq\":12");
    text.resize(text.size() - 9);
    char crc[10];
    const std::string under = text.substr(0, text.size() - 8);
    std::snprintf(crc, sizeof crc, "%08x\n",
                  crc32c({reinterpret_cast<const std::uint8_t*>(under.data()), under.size()}));
    BOOST_TEST((decode_manifest(text + crc, keys).fault == manifest_fault::tampered));
}

BOOST_AUTO_TEST_SUITE_END()
