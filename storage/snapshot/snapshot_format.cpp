#include "storage/snapshot/snapshot_format.hpp"

#include "storage/log/crc32c.hpp"

#include <sodium/crypto_generichash.h>

#include <boost/assert.hpp>

#include <algorithm>
#include <string_view>

namespace pawl::storage {
namespace {

constexpr std::string_view file_magic = "PAWLSNP1", footer_magic = "PAWLSNPF";
constexpr std::uint32_t block_magic = 0x424e5350; // "PSNB"
// File header.
constexpr std::size_t at_major = 8, at_minor = 10, at_header_size = 12, at_uuid = 16, at_lsn = 32, at_block_size = 40,
                      at_key_check = 48, at_header_crc = snapshot_header_size - 4;
// Block.
constexpr std::size_t at_magic = 0, at_index = 4, at_size = 8, at_crc = 12, at_tag = 16;
static_assert(at_tag + sizeof(tag16) == snapshot_block_head_size);
// Footer.
constexpr std::size_t at_f_lsn = 8, at_f_blocks = 16, at_f_records = 24, at_f_content = 32, at_f_users = 40,
                      at_f_families = 48, at_f_next_user = 56, at_f_time = 64, at_f_tag = 72,
                      at_f_crc = snapshot_footer_size - 4;

std::uint32_t block_crc(bytes_view block, bytes_view content, const snapshot_identity& id) noexcept {
    std::array<std::uint8_t, 24> place;
    std::copy(id.uuid.begin(), id.uuid.end(), place.begin());
    store_le<std::uint64_t>(place.data() + 16, id.lsn);
    return crc32c(content, crc32c(block.first(at_crc), crc32c(place)));
}

class blake2b {
public:
    explicit blake2b(bytes_view key) { crypto_generichash_init(&state_, key.data(), key.size(), sizeof(tag16)); }
    void add(bytes_view bytes) { crypto_generichash_update(&state_, bytes.data(), bytes.size()); }
    tag16 finish() {
        tag16 tag;
        crypto_generichash_final(&state_, tag.data(), tag.size());
        return tag;
    }

private:
    crypto_generichash_state state_;
};

void add_identity(blake2b& hash, const snapshot_identity& id, std::string_view label) {
    std::array<std::uint8_t, 8> lsn;
    store_le<std::uint64_t>(lsn.data(), id.lsn);
    hash.add({reinterpret_cast<const std::uint8_t*>(label.data()), label.size()});
    hash.add(id.uuid);
    hash.add(lsn);
}

tag16 block_tag(bytes_view block, bytes_view content, bytes_view key, const snapshot_identity& id) {
    blake2b hash{key};
    add_identity(hash, id, "block");
    hash.add(block.subspan(at_index, 8)); // index and size
    hash.add(content);
    return hash.finish();
}

// Content of a block whose head makes sense.
bool block_head_ok(bytes_view block, std::uint32_t index, bytes_view& content) noexcept {
    if (block.size() != snapshot_block_size || load_le<std::uint32_t>(block.data() + at_magic) != block_magic ||
        load_le<std::uint32_t>(block.data() + at_index) != index) {
        return false;
    }
    const std::uint32_t size = load_le<std::uint32_t>(block.data() + at_size);
    if (size > snapshot_block_content_max) {
        return false;
    }
    content = block.subspan(snapshot_block_head_size, size);
    return true;
}

} // namespace

struct snapshot_tagger::state {
    blake2b hash;
};

snapshot_tagger::snapshot_tagger(bytes_view key, const snapshot_identity& id)
    : state_(std::make_unique<state>(state{blake2b{key}})) {
    add_identity(state_->hash, id, "footer");
}
snapshot_tagger::~snapshot_tagger() = default;
void snapshot_tagger::add(const tag16& tag) {
    state_->hash.add(tag);
}
tag16 snapshot_tagger::finish(bytes_view footer_fields) {
    state_->hash.add(footer_fields);
    return state_->hash.finish();
}

snapshot_header_bytes encode_snapshot_header(const snapshot_identity& id,
                                             const std::array<std::uint8_t, 8>& key_check) {
    snapshot_header_bytes b{};
    std::copy(file_magic.begin(), file_magic.end(), b.begin());
    store_le<std::uint16_t>(b.data() + at_major, format_major);
    store_le<std::uint16_t>(b.data() + at_minor, format_minor);
    store_le<std::uint32_t>(b.data() + at_header_size, snapshot_header_size);
    std::copy(id.uuid.begin(), id.uuid.end(), b.data() + at_uuid);
    store_le<std::uint64_t>(b.data() + at_lsn, id.lsn);
    store_le<std::uint32_t>(b.data() + at_block_size, snapshot_block_size);
    std::copy(key_check.begin(), key_check.end(), b.data() + at_key_check);
    store_le<std::uint32_t>(b.data() + at_header_crc, crc32c(bytes_view{b}.first(at_header_crc)));
    return b;
}

header_fault decode_snapshot_header(bytes_view bytes, const snapshot_identity& id,
                                    const std::array<std::uint8_t, 8>& key_check) noexcept {
    if (bytes.size() < snapshot_header_size || !std::equal(file_magic.begin(), file_magic.end(), bytes.begin()) ||
        load_le<std::uint32_t>(bytes.data() + at_header_crc) != crc32c(bytes.first(at_header_crc))) {
        return header_fault::bad;
    }
    if (load_le<std::uint16_t>(bytes.data() + at_major) > format_major) {
        return header_fault::newer_format;
    }
    if (!std::equal(id.uuid.begin(), id.uuid.end(), bytes.data() + at_uuid)) {
        return header_fault::foreign;
    }
    if (!std::equal(key_check.begin(), key_check.end(), bytes.data() + at_key_check)) {
        return header_fault::wrong_key;
    }
    const bool ok = load_le<std::uint32_t>(bytes.data() + at_header_size) == snapshot_header_size &&
                    load_le<std::uint32_t>(bytes.data() + at_block_size) == snapshot_block_size &&
                    load_le<std::uint64_t>(bytes.data() + at_lsn) == id.lsn;
    return ok ? header_fault::none : header_fault::bad;
}

tag16 finish_block(std::span<std::uint8_t> block, std::uint32_t index, std::uint32_t content_size, bytes_view key,
                   const snapshot_identity& id) {
    BOOST_ASSERT(block.size() == snapshot_block_size && content_size <= snapshot_block_content_max);
    const bytes_view content = block.subspan(snapshot_block_head_size, content_size);
    store_le<std::uint32_t>(block.data() + at_magic, block_magic);
    store_le<std::uint32_t>(block.data() + at_index, index);
    store_le<std::uint32_t>(block.data() + at_size, content_size);
    store_le<std::uint32_t>(block.data() + at_crc, block_crc(block, content, id));
    const tag16 tag = block_tag(block, content, key, id);
    std::copy(tag.begin(), tag.end(), block.data() + at_tag);
    std::fill(block.begin() + snapshot_block_head_size + content_size, block.end(), std::uint8_t{0});
    return tag;
}

bool block_crc_ok(bytes_view block, std::uint32_t index, const snapshot_identity& id, bytes_view& content) noexcept {
    return block_head_ok(block, index, content) &&
           load_le<std::uint32_t>(block.data() + at_crc) == block_crc(block, content, id);
}

block_fault check_block(bytes_view block, std::uint32_t index, bytes_view key, const snapshot_identity& id,
                        bytes_view& content, tag16& tag) {
    if (!block_crc_ok(block, index, id, content)) {
        return block_fault::bad;
    }
    std::copy_n(block.data() + at_tag, tag.size(), tag.begin());
    return constant_time_equal(block_tag(block, content, key, id), tag) ? block_fault::none : block_fault::tampered;
}

snapshot_footer_bytes encode_snapshot_footer(snapshot_footer& f, snapshot_tagger& tagger) {
    snapshot_footer_bytes b{};
    std::copy(footer_magic.begin(), footer_magic.end(), b.begin());
    store_le<std::uint64_t>(b.data() + at_f_lsn, f.lsn);
    store_le<std::uint64_t>(b.data() + at_f_blocks, f.blocks);
    store_le<std::uint64_t>(b.data() + at_f_records, f.records);
    store_le<std::uint64_t>(b.data() + at_f_content, f.content_size);
    store_le<std::uint64_t>(b.data() + at_f_users, f.counts.users);
    store_le<std::uint64_t>(b.data() + at_f_families, f.counts.families);
    store_le<std::uint64_t>(b.data() + at_f_next_user, f.counts.next_user_id);
    store_le<std::int64_t>(b.data() + at_f_time, f.time.time_since_epoch().count());
    f.tag = tagger.finish(bytes_view{b}.first(at_f_tag));
    std::copy(f.tag.begin(), f.tag.end(), b.data() + at_f_tag);
    store_le<std::uint32_t>(b.data() + at_f_crc, crc32c(bytes_view{b}.first(at_f_crc)));
    return b;
}

std::optional<snapshot_footer> decode_snapshot_footer(bytes_view bytes) noexcept {
    if (bytes.size() < snapshot_footer_size || !std::equal(footer_magic.begin(), footer_magic.end(), bytes.begin()) ||
        load_le<std::uint32_t>(bytes.data() + at_f_crc) != crc32c(bytes.first(at_f_crc))) {
        return std::nullopt;
    }
    snapshot_footer f;
    f.lsn = load_le<std::uint64_t>(bytes.data() + at_f_lsn);
    f.blocks = load_le<std::uint64_t>(bytes.data() + at_f_blocks);
    f.records = load_le<std::uint64_t>(bytes.data() + at_f_records);
    f.content_size = load_le<std::uint64_t>(bytes.data() + at_f_content);
    f.counts.users = load_le<std::uint64_t>(bytes.data() + at_f_users);
    f.counts.families = load_le<std::uint64_t>(bytes.data() + at_f_families);
    f.counts.next_user_id = load_le<std::uint64_t>(bytes.data() + at_f_next_user);
    f.time = timestamp_ms{milliseconds{load_le<std::int64_t>(bytes.data() + at_f_time)}};
    std::copy_n(bytes.data() + at_f_tag, f.tag.size(), f.tag.begin());
    return f;
}

tag16 expected_footer_tag(bytes_view footer_bytes, snapshot_tagger& tagger) {
    return tagger.finish(footer_bytes.first(at_f_tag));
}

} // namespace pawl::storage
