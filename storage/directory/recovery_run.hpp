// One recovery of a directory, step by step. Internal to recovery.cpp (the snapshot, what is done at the end) and
// recovery_log.cpp (the log).
#pragma once

#include "storage/directory/directory_state.hpp"
#include "storage/log/scanner.hpp"
#include "storage/log/segment_loader.hpp"
#include "storage/record/serving.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>

namespace pawl::storage {

inline constexpr char senseless_serving[] = "a record of when it was served is authentic but makes no sense";

inline std::uint64_t ms_since(std::chrono::steady_clock::time_point start) {
    const auto elapsed = std::chrono::steady_clock::now() - start;
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count());
}

// What to run next after a refusal of this kind.
std::string next_step(exit_code kind);

class recovery_run {
public:
    using record_function = recovery_target::record_function;

    recovery_run(log_directory::state& state, recovery_report& report)
        : state_(state), report_(report), served_(state.options.window) {
        served_.note_time(state_.current.time);
    }

    void load_snapshot(const recovery_target& target, unsigned threads_max);
    void find_segments();
    void scan(const record_function& apply);
    // What the log ended with, and where it goes on.
    void settle();

private:
    static bool is_serving(const record_view& record) {
        return record.type == static_cast<std::uint16_t>(record_type::serving);
    }
    record_function snapshot_reader(const recovery_target& target);
    std::string path(const std::string& name) const { return state_.files->path() + "/" + name; }
    std::string path(std::uint64_t segno) const { return path(segment_name(segno)); }
    void load(std::uint64_t segno, std::uint64_t size_max = segment_size_max);
    void check_spares();
    void scan_segment(const record_function& apply);
    void apply_frame(const frame_view& frame, std::uint64_t lsn, const record_function& apply);
    void note(std::string line) { report_.notes.push_back(std::move(line)); }
    void keep_cut_bytes(std::uint64_t end);

    log_directory::state& state_;
    recovery_report& report_;
    served_time_reader served_;
    log_start expected_;
    std::uint64_t last_used_ = 0, highest_ = 0;
    std::deque<segment_header> spares_; // after last_used_
    loaded_segment segment_;            // the one being scanned; after scan() the last one
    scan_verdict end_;
    std::uint64_t end_offset_ = 0;
    bool sealed_ = false;
    frame_type last_type_ = frame_type::seal;
    std::uint64_t last_seq_ = 0, skipped_ = 0, used_bytes_ = 0;
};

} // namespace pawl::storage
