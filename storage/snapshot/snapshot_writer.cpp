#include "storage/snapshot/snapshot_writer.hpp"

#include "storage/log/frame.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>

namespace pawl::storage {

static_assert(snapshot_pipeline::part_size % snapshot_block_size == 0);

snapshot_writer::snapshot_writer(file_system& fs, const snapshot_identity& id, const log_keys& keys,
                                 const io_throttle* log)
    : fs_(fs), id_(id), key_(keys.snapshot().begin(), keys.snapshot().end()),
      temporary_(snapshot_name(id.lsn) + temporary_suffix), tagger_(keys.snapshot(), id),
      pipeline_(fs, temporary_, [this](snapshot_pipeline::part& p) { complete(p); }, log) {
    const snapshot_header_bytes header = encode_snapshot_header(id, keys.key_check(id.uuid));
    snapshot_pipeline::part& p = pipeline_.next();
    std::copy(header.begin(), header.end(), p.bytes.data());
    p.size = header.size();
    pipeline_.hand_on();
}

snapshot_writer::~snapshot_writer() {
    if (!finished_) {
        fs_.remove(temporary_);
    }
}

void snapshot_writer::add(std::uint16_t type, std::uint16_t version, bytes_view body) {
    BOOST_ASSERT(body.size() <= record_body_size_max);
    std::array<std::uint8_t, record_header_size> head;
    encode_record(head.data(), type, version, {});
    store_le<std::uint32_t>(head.data() + 4, static_cast<std::uint32_t>(body.size()));
    append(head);
    append(body);
    ++footer_.records;
}

void snapshot_writer::append(bytes_view bytes) {
    while (!bytes.empty()) {
        if (part_ == nullptr) {
            part_ = &pipeline_.next();
            part_->is_blocks = true;
            part_->first_block = footer_.blocks;
        }
        const std::size_t n = std::min(bytes.size(), snapshot_block_content_max - content_size_);
        std::copy_n(bytes.begin(), n, part_->bytes.data() + part_->size + snapshot_block_head_size + content_size_);
        content_size_ += n;
        bytes = bytes.subspan(n);
        if (content_size_ == snapshot_block_content_max) {
            end_block();
        }
    }
}

void snapshot_writer::end_block() {
    part_->size += snapshot_block_size;
    part_->content_size = content_size_;
    ++footer_.blocks;
    footer_.content_size += content_size_;
    content_size_ = 0;
    if (part_->size == snapshot_pipeline::part_size) {
        end_part();
    }
}

void snapshot_writer::end_part() {
    part_ = nullptr;
    pipeline_.hand_on();
}

// All blocks of a part are full but perhaps the last.
void snapshot_writer::complete(snapshot_pipeline::part& p) {
    for (std::size_t at = 0; at < p.size; at += snapshot_block_size) {
        const bool is_last = at + snapshot_block_size == p.size;
        const std::size_t content = is_last ? p.content_size : snapshot_block_content_max;
        const auto index = static_cast<std::uint32_t>(p.first_block + at / snapshot_block_size);
        tagger_.add(finish_block(p.bytes.span().subspan(at, snapshot_block_size), index,
                                 static_cast<std::uint32_t>(content), key_, id_));
    }
}

std::error_code snapshot_writer::finish(const snapshot_counts& counts, timestamp_ms time, snapshot_footer& footer) {
    if (content_size_ > 0) {
        end_block();
    }
    if (part_ != nullptr) {
        end_part();
    }
    pipeline_.wait_complete();
    footer_.lsn = id_.lsn;
    footer_.counts = counts;
    footer_.time = time;
    const snapshot_footer_bytes last = encode_snapshot_footer(footer_, tagger_);
    snapshot_pipeline::part& p = pipeline_.next();
    std::copy(last.begin(), last.end(), p.bytes.data());
    p.size = last.size();
    pipeline_.hand_on();
    const std::error_code ec = pipeline_.finish();
    finished_ = true; // the temporary file is gone from here on, one way or the other
    footer = footer_;
    return put_in_place(fs_, snapshot_name(id_.lsn), ec);
}

} // namespace pawl::storage
