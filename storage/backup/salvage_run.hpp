// The reading of a damaged directory, step by step. Internal to salvage.cpp (what the store is, its snapshot, what is
// lost) and salvage_log.cpp (what the log still proves).
#pragma once

#include "storage/backup/frozen_directory.hpp"
#include "storage/backup/salvage.hpp"
#include "storage/directory/manifest.hpp"
#include "storage/log/frame.hpp"
#include "storage/log/log_start.hpp"
#include "storage/record/serving.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::storage {

inline constexpr std::string_view zeros = "zeros stand where frames should be";

// What stands at one place of a segment and is a whole frame by its checksums.
struct found_frame {
    decoded_header header;
    std::uint64_t offset = 0, padded = 0;
    bytes_view payload, extent;
};

class salvage_run {
public:
    salvage_run(frozen_directory& files, const secret_bytes& log_key, salvage_report& report)
        : files_(files), keys_(log_key), mac_(keys_.chain()), out_(report) {
        out_.image.tolerant = true;
    }

    void identify();
    void use_snapshot();
    void read_log();
    void finish();

private:
    std::string path(const std::string& name) const { return files_.path() + "/" + name; }
    void learn(const std::string& name, const store_uuid& uuid, const std::array<std::uint8_t, 8>& key_check);
    std::optional<segment_header> header_of(std::uint64_t segno, std::string& fault);
    std::vector<std::uint8_t> read_segment(std::uint64_t segno);
    std::optional<found_frame> frame_at(bytes_view segment, std::uint64_t offset, std::uint32_t wal_pad) const;
    std::uint64_t extent_at(bytes_view segment, std::uint64_t offset) const;
    void scan(std::uint64_t segno);
    void take(const std::string& file, const found_frame& frame);
    void lose_until(const std::string& file, std::uint64_t offset, const decoded_header& next, const std::string& what);
    void apply(const found_frame& frame);
    void note_serving(const record_view& record, bool of_snapshot);

    frozen_directory& files_;
    log_keys keys_;
    hmac_sha256 mac_;
    salvage_report& out_;
    served_time_reader served_;
    store_uuid uuid_{};
    bool known_ = false;
    manifest head_; // where one is good
    bool has_head_ = false;
    std::map<std::uint64_t, tag16> starts_; // chains that the manifest knows, by the batch that comes after
    std::uint64_t floor_ = 0, highest_listed_lsn_ = 0;
    std::uint32_t wal_pad_ = wal_pad_default;

    // The last frame that was seen, used or not; nothing before the first.
    std::optional<log_start> expected_; // what comes after it
    bool chain_known_ = false;          // expected_.chain is what that frame carried
    std::optional<timestamp_ms> last_time_;
    std::string damage_file_, damage_what_; // the first place that was passed over since then
    std::uint64_t damage_offset_ = 0;
};

} // namespace pawl::storage
