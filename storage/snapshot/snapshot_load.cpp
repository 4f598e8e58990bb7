// read_snapshot: the records of a verified snapshot. Threads take turns at reading, since only who has read all before
// knows where a record begins, and apply what they took beside each other.
#include "storage/exit_code.hpp"
#include "storage/log/frame.hpp"
#include "storage/on_threads.hpp"
#include "storage/snapshot/block_reader.hpp"

#include <exception>
#include <mutex>
#include <vector>

namespace pawl::storage {
namespace {

constexpr std::uint32_t parallel_blocks_min = 256;

// The file as parts of whole records. From any thread.
class record_feed {
public:
    record_feed(file_system& fs, const snapshot_identity& id, const snapshot_footer& footer)
        : fs_(fs), id_(id), footer_(footer) {
        std::error_code ec;
        file_ = fs_.open(snapshot_name(id_.lsn), open_mode::read, ec);
        if (ec) {
            changed(0);
        }
        buffer_.resize(blocks_at_once * snapshot_block_size);
    }

    // The next whole records, one after the other; false after the last ones, or once stopped.
    bool next(std::vector<std::uint8_t>& records) {
        const std::lock_guard lock(mutex_);
        if (stopped_ || next_block_ == footer_.blocks) {
            return false;
        }
        records.swap(carry_);
        carry_.clear();
        const std::uint64_t last = std::min<std::uint64_t>(footer_.blocks, next_block_ + blocks_at_once);
        snapshot_fault fault = snapshot_fault::bad;
        std::uint64_t offset = 0;
        const auto take = [&](std::uint32_t index, bytes_view block) {
            bytes_view content;
            if (!block_crc_ok(block, index, id_, content)) {
                return false;
            }
            records.insert(records.end(), content.begin(), content.end());
            return true;
        };
        if (!for_each_block(*file_, next_block_, last, buffer_, fault, offset, take)) {
            changed(offset);
        }
        next_block_ = last;
        split(records, offset);
        return true;
    }

    void stop(std::exception_ptr why) noexcept {
        const std::lock_guard lock(mutex_);
        if (!stopped_) {
            stopped_ = true;
            why_ = std::move(why);
        }
    }

    // After the last part: throws what stopped it.
    void finish() {
        if (why_) {
            std::rethrow_exception(why_);
        }
        if (records_ != footer_.records) {
            changed(footer_.file_size());
        }
    }

private:
    // What comes after the last whole record is carried over to the next part.
    void split(std::vector<std::uint8_t>& records, std::uint64_t offset) {
        record_cursor cursor{records};
        record_view record;
        std::size_t used = 0;
        while (cursor.next(record)) {
            used += record_header_size + record.body.size();
            ++records_;
        }
        carry_.assign(records.begin() + static_cast<std::ptrdiff_t>(used), records.end());
        records.resize(used);
        const bool ended = next_block_ == footer_.blocks;
        if (carry_.size() > (ended ? 0 : record_header_size + record_body_size_max)) {
            changed(offset);
        }
    }

    [[noreturn]] void changed(std::uint64_t offset) const {
        throw refused(exit_code::storage_failed, fs_.path() + "/" + snapshot_name(id_.lsn) + ": offset " +
                                                     std::to_string(offset) +
                                                     ": reads differently now than a moment ago; check the disk");
    }

    file_system& fs_;
    const snapshot_identity& id_;
    const snapshot_footer& footer_;
    std::mutex mutex_;
    std::unique_ptr<file> file_;
    aligned_buffer buffer_;
    std::vector<std::uint8_t> carry_; // the beginning of a record that goes on in the next block
    std::uint64_t next_block_ = 0, records_ = 0;
    bool stopped_ = false;
    std::exception_ptr why_;
};

} // namespace

unsigned threads_for_snapshot(const snapshot_footer& footer, unsigned threads_max) noexcept {
    return footer.blocks < parallel_blocks_min ? 1 : std::max(1U, threads_max);
}

void read_snapshot(file_system& fs, const snapshot_identity& id, const snapshot_footer& footer, timestamp_ms time,
                   const std::function<std::function<void(const record_view&)>()>& reader, unsigned threads) {
    record_feed feed{fs, id, footer};
    on_threads(threads, [&]() noexcept {
        try {
            const std::function<void(const record_view&)> apply = reader();
            std::vector<std::uint8_t> records;
            record_view record;
            record.lsn = id.lsn;
            record.time = time;
            while (feed.next(records)) {
                record_cursor cursor{records};
                while (cursor.next(record)) {
                    apply(record);
                }
            }
        } catch (...) {
            feed.stop(std::current_exception());
        }
    });
    feed.finish();
}

void read_snapshot(file_system& fs, const snapshot_identity& id, const snapshot_footer& footer, timestamp_ms time,
                   const std::function<void(const record_view&)>& apply) {
    read_snapshot(fs, id, footer, time, [&apply] { return apply; }, 1);
}

} // namespace pawl::storage
