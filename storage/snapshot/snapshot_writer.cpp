#include "storage/snapshot/snapshot_writer.hpp"

#include "storage/log/frame.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>

namespace pawl::storage {
namespace {
constexpr std::size_t blocks_at_once = 16; // 1 MiB a write
// Synced as it goes: one sync of all of it at the end would stand before the log's.
constexpr std::uint64_t sync_every = 8U << 20U;
} // namespace

snapshot_writer::snapshot_writer(file_system& fs, const snapshot_identity& id, const log_keys& keys)
    : fs_(fs), id_(id), key_(keys.snapshot().begin(), keys.snapshot().end()),
      temporary_(snapshot_name(id.lsn) + temporary_suffix), tagger_(keys.snapshot(), id) {
    buffer_.resize(blocks_at_once * snapshot_block_size);
    file_ = fs_.open(temporary_, open_mode::create, error_);
    if (!error_) {
        const snapshot_header_bytes header = encode_snapshot_header(id, keys.key_check(id.uuid));
        error_ = write_fully(*file_, 0, header);
        offset_ = header.size();
    }
}

snapshot_writer::~snapshot_writer() {
    if (!finished_) {
        file_.reset();
        fs_.remove(temporary_);
    }
}

void snapshot_writer::add(std::uint16_t type, std::uint16_t version, bytes_view body) {
    BOOST_ASSERT(body.size() <= record_body_size_max);
    if (error_) {
        return;
    }
    std::array<std::uint8_t, record_header_size> head;
    encode_record(head.data(), type, version, {});
    store_le<std::uint32_t>(head.data() + 4, static_cast<std::uint32_t>(body.size()));
    append(head);
    append(body);
    ++footer_.records;
}

void snapshot_writer::append(bytes_view bytes) {
    while (!bytes.empty()) {
        const std::size_t n = std::min(bytes.size(), snapshot_block_content_max - content_size_);
        std::uint8_t* const to =
            buffer_.data() + blocks_filled_ * snapshot_block_size + snapshot_block_head_size + content_size_;
        std::copy_n(bytes.begin(), n, to);
        content_size_ += n;
        bytes = bytes.subspan(n);
        if (content_size_ == snapshot_block_content_max) {
            end_block();
        }
    }
}

void snapshot_writer::end_block() {
    const std::span<std::uint8_t> block =
        buffer_.span().subspan(blocks_filled_ * snapshot_block_size, snapshot_block_size);
    tagger_.add(finish_block(block, static_cast<std::uint32_t>(footer_.blocks),
                             static_cast<std::uint32_t>(content_size_), key_, id_));
    ++footer_.blocks;
    footer_.content_size += content_size_;
    content_size_ = 0;
    if (++blocks_filled_ == blocks_at_once) {
        flush();
    }
}

void snapshot_writer::flush() {
    const bytes_view bytes = buffer_.view().first(blocks_filled_ * snapshot_block_size);
    if (!error_) {
        error_ = write_fully(*file_, offset_, bytes);
    }
    offset_ += bytes.size();
    blocks_filled_ = 0;
    if (!error_ && offset_ - synced_ >= sync_every) {
        error_ = file_->sync_data();
        synced_ = offset_;
    }
}

std::error_code snapshot_writer::finish(const snapshot_counts& counts, timestamp_ms time, snapshot_footer& footer) {
    if (content_size_ > 0) {
        end_block();
    }
    flush();
    footer_.lsn = id_.lsn;
    footer_.counts = counts;
    footer_.time = time;
    const snapshot_footer_bytes last = encode_snapshot_footer(footer_, tagger_);
    if (!error_) {
        error_ = write_fully(*file_, offset_, last);
    }
    if (!error_) {
        error_ = file_->sync_all();
    }
    file_.reset();
    finished_ = true; // the temporary file is gone from here on, one way or the other
    footer = footer_;
    return put_in_place(fs_, snapshot_name(id_.lsn), error_);
}

} // namespace pawl::storage
