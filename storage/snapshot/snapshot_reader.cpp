#include "storage/snapshot/snapshot_reader.hpp"

#include "storage/log/frame.hpp"
#include "storage/snapshot/block_reader.hpp"

#include <algorithm>
#include <numeric>
#include <thread>
#include <vector>

namespace pawl::storage {
namespace {

constexpr std::uint64_t check_threads = 2, parallel_blocks_min = 256;

snapshot_check failed(snapshot_fault fault, std::uint64_t offset) {
    snapshot_check c;
    c.fault = fault;
    c.offset = offset;
    return c;
}

snapshot_fault fault_of(header_fault f) {
    switch (f) {
    case header_fault::none:
        return snapshot_fault::none;
    case header_fault::newer_format:
        return snapshot_fault::newer_format;
    case header_fault::wrong_key:
        return snapshot_fault::wrong_key;
    case header_fault::bad:
    case header_fault::foreign:
        break;
    }
    return snapshot_fault::bad;
}

// Checks blocks on several threads. Fills the tags in order; gives the first fault in the file, and where.
class block_checker {
public:
    block_checker(file_system& fs, const snapshot_identity& id, bytes_view key, open_mode mode, std::uint64_t blocks)
        : fs_(fs), id_(id), key_(key), mode_(mode), tags_(blocks), sizes_(blocks) {}

    snapshot_check run() {
        const std::uint64_t blocks = tags_.size();
        const std::uint64_t workers = blocks < parallel_blocks_min ? 1 : check_threads;
        // Each thread takes one run of the file, so that each reads in order.
        const std::uint64_t share = round_up((blocks + workers - 1) / workers, blocks_at_once);
        std::vector<snapshot_check> found(workers);
        std::vector<std::thread> threads;
        for (std::uint64_t w = 1; w < workers; ++w) {
            threads.emplace_back([&, w] { found[w] = check(w * share, std::min(blocks, (w + 1) * share)); });
        }
        found[0] = check(0, std::min(blocks, share));
        for (std::thread& t : threads) {
            t.join();
        }
        const auto bad = std::find_if(found.begin(), found.end(),
                                      [](const snapshot_check& c) { return c.fault != snapshot_fault::none; });
        return bad == found.end() ? found[0] : *bad;
    }
    const std::vector<tag16>& tags() const noexcept { return tags_; }
    std::uint64_t content_size() const noexcept {
        return std::accumulate(sizes_.begin(), sizes_.end(), std::uint64_t{0});
    }

private:
    block_fault check(bytes_view block, std::uint32_t index, bytes_view& content) {
        if (key_.empty()) {
            return block_crc_ok(block, index, id_, content) ? block_fault::none : block_fault::bad;
        }
        return check_block(block, index, key_, id_, content, tags_[index]);
    }
    snapshot_check check(std::uint64_t first, std::uint64_t last) {
        std::error_code ec;
        const std::unique_ptr<file> f = fs_.open(snapshot_name(id_.lsn), mode_, ec);
        if (ec) {
            return failed(snapshot_fault::unreadable, 0);
        }
        aligned_buffer buffer;
        buffer.resize(blocks_at_once * snapshot_block_size);
        snapshot_fault fault = snapshot_fault::bad;
        std::uint64_t offset = 0;
        const bool ok = for_each_block(*f, first, last, buffer, fault, offset, [&](std::uint32_t index, bytes_view b) {
            bytes_view content;
            const block_fault bf = check(b, index, content);
            // Padding is under no tag: it must be what was written.
            if (bf == block_fault::none && all_zero(b.subspan(snapshot_block_head_size + content.size()))) {
                sizes_[index] = static_cast<std::uint32_t>(content.size());
                return true;
            }
            fault = bf == block_fault::tampered ? snapshot_fault::tampered : snapshot_fault::bad;
            return false;
        });
        return failed(ok ? snapshot_fault::none : fault, ok ? 0 : offset);
    }

    file_system& fs_;
    const snapshot_identity& id_;
    bytes_view key_;
    open_mode mode_;
    std::vector<tag16> tags_;
    std::vector<std::uint32_t> sizes_;
};

} // namespace

const char* describe(snapshot_fault fault) noexcept {
    switch (fault) {
    case snapshot_fault::none:
        return "good";
    case snapshot_fault::missing:
        return "missing";
    case snapshot_fault::unreadable:
        return "unreadable";
    case snapshot_fault::bad:
        return "damaged";
    case snapshot_fault::tampered:
        return "changed by another hand";
    case snapshot_fault::newer_format:
        return "of a newer format";
    case snapshot_fault::wrong_key:
        return "made with another key";
    }
    return "";
}

namespace {

// Without keys (null) no tag is computed.
snapshot_check verify(file_system& fs, const snapshot_identity& id, const log_keys* keys,
                      const std::array<std::uint8_t, 8>& key_check, const tag16* tag, open_mode mode) {
    std::error_code ec;
    const std::unique_ptr<file> f = fs.open(snapshot_name(id.lsn), mode, ec);
    if (ec) {
        return failed(ec == std::errc::no_such_file_or_directory ? snapshot_fault::missing : snapshot_fault::unreadable,
                      0);
    }
    const std::uint64_t size = f->size(ec);
    constexpr std::uint64_t fixed = snapshot_header_size + snapshot_footer_size;
    if (ec) {
        return failed(snapshot_fault::unreadable, 0);
    }
    aligned_buffer buffer;
    buffer.resize(blocks_at_once * snapshot_block_size);
    snapshot_fault fault = snapshot_fault::bad;
    // The header first: a newer format may have any size.
    if (!read_exactly(*f, 0, buffer.span().first(snapshot_header_size), fault)) {
        return failed(fault, 0);
    }
    fault = fault_of(decode_snapshot_header(buffer.view(), id, key_check));
    if (fault != snapshot_fault::none) {
        return failed(fault, 0);
    }
    if (size < fixed || (size - fixed) % snapshot_block_size != 0) {
        return failed(snapshot_fault::bad, size);
    }
    const std::uint64_t footer_at = size - snapshot_footer_size;
    if (!read_exactly(*f, footer_at, buffer.span().first(snapshot_footer_size), fault)) {
        return failed(fault, footer_at);
    }
    snapshot_footer_bytes footer_bytes;
    std::copy_n(buffer.data(), footer_bytes.size(), footer_bytes.begin());
    const std::optional<snapshot_footer> footer = decode_snapshot_footer(footer_bytes);
    if (!footer || footer->lsn != id.lsn || footer->blocks != (size - fixed) / snapshot_block_size) {
        return failed(snapshot_fault::bad, footer_at);
    }
    block_checker checker{fs, id, keys == nullptr ? bytes_view{} : keys->snapshot(), mode, footer->blocks};
    const snapshot_check blocks = checker.run();
    if (blocks.fault != snapshot_fault::none) {
        return blocks;
    }
    tag16 expected = footer->tag;
    if (keys != nullptr) {
        snapshot_tagger tagger{keys->snapshot(), id};
        for (const tag16& block_tag : checker.tags()) {
            tagger.add(block_tag);
        }
        expected = expected_footer_tag(footer_bytes, tagger);
    }
    if (!constant_time_equal(expected, footer->tag) || (tag != nullptr && !constant_time_equal(*tag, footer->tag))) {
        return failed(snapshot_fault::tampered, footer_at);
    }
    if (checker.content_size() != footer->content_size) {
        return failed(snapshot_fault::bad, footer_at);
    }
    snapshot_check good;
    good.fault = snapshot_fault::none;
    good.footer = *footer;
    return good;
}

} // namespace

snapshot_check verify_snapshot(file_system& fs, const snapshot_identity& id, const log_keys& keys, const tag16* tag,
                               open_mode mode) {
    return verify(fs, id, &keys, keys.key_check(id.uuid), tag, mode);
}

snapshot_check verify_snapshot_crcs(file_system& fs, const snapshot_identity& id,
                                    const std::array<std::uint8_t, 8>& key_check, const tag16* tag, open_mode mode) {
    return verify(fs, id, nullptr, key_check, tag, mode);
}

} // namespace pawl::storage
