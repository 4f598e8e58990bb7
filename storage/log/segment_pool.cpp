#include "storage/log/segment_pool.hpp"

namespace pawl::storage {

void segment_pool::restock(std::deque<segment_header> spares, std::uint64_t next_segno) {
    const std::lock_guard lock(mutex_);
    spares_ = std::move(spares);
    next_segno_ = next_segno;
}

std::error_code segment_pool::make_one(std::uint64_t size) {
    segment_header header = prototype_;
    header.file_size = size;
    {
        const std::lock_guard lock(mutex_);
        header.segno = next_segno_;
    }
    // Where the directory could not be synced the file may be there or not: the next attempt replaces it.
    if (const std::error_code ec = make_segment(fs_, header)) {
        return ec;
    }
    const std::lock_guard lock(mutex_);
    ++next_segno_;
    spares_.push_back(header);
    return {};
}

std::optional<segment_header> segment_pool::take() {
    const std::lock_guard lock(mutex_);
    if (spares_.size() <= kept_for_repair) {
        return std::nullopt;
    }
    const segment_header header = spares_.front();
    spares_.pop_front();
    return header;
}

std::optional<segment_header> segment_pool::take_for_repair() {
    const std::lock_guard lock(mutex_);
    if (spares_.empty()) {
        return std::nullopt;
    }
    const segment_header header = spares_.back();
    spares_.pop_back();
    next_segno_ = header.segno;
    return header;
}

std::size_t segment_pool::count() const {
    const std::lock_guard lock(mutex_);
    return spares_.size();
}

} // namespace pawl::storage
